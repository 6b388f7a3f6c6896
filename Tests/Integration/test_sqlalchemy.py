"""SQLAlchemy's ORM over psycopg, and its reflection."""

import datetime
import decimal

import pytest
import sqlalchemy
from sqlalchemy import ForeignKey, MetaData, create_engine, func, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

import catalog_schema


def engine(node, **options):
    return create_engine(f"postgresql+psycopg://test@127.0.0.1:{node.port}/test", **options)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sqlalchemy.String(40), unique=True)
    born: Mapped[datetime.date | None]
    made: Mapped[datetime.datetime] = mapped_column(sqlalchemy.DateTime(timezone=True), server_default=func.now())
    books: Mapped[list["Book"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[decimal.Decimal | None] = mapped_column(sqlalchemy.Numeric(10, 2))
    sold: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id", ondelete="CASCADE"))
    author: Mapped[Author] = relationship(back_populates="books")


def test_the_orm_makes_its_tables_and_works_with_them(pair):
    primary = engine(pair.primary)
    Base.metadata.create_all(primary)
    Base.metadata.create_all(primary)  # Sees that they are there.
    with Session(primary) as session:
        austen = Author(name="Austen", born=datetime.date(1775, 12, 16), books=[
            Book(title="Emma", price=decimal.Decimal("7.25")), Book(title="Persuasion", sold=True)])
        session.add_all([austen, Author(name="Kafka")])
        session.commit()
        assert austen.id == 1 and [book.id for book in austen.books] == [1, 2]
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            with session.begin_nested():
                session.add(Author(name="Kafka"))
        austen.books[0].title = "Emma!"
        session.commit()
    pair.wait_level()
    with Session(engine(pair.replica)) as session:
        found = session.scalars(select(Author).options(selectinload(Author.books)).order_by(Author.name)).all()
        assert [(author.name, sorted(book.title for book in author.books)) for author in found] == [
            ("Austen", ["Emma!", "Persuasion"]), ("Kafka", [])]
        assert found[0].born == datetime.date(1775, 12, 16) and found[0].made.tzinfo
        emma = session.scalars(select(Book).where(Book.title.ilike("emma%")).with_for_update()).one()
        assert (emma.price, emma.sold) == (decimal.Decimal("7.25"), False)
        session.add(Author(name="Nobody"))
        with pytest.raises(sqlalchemy.exc.InternalError, match="read-only"):
            session.commit()
    with Session(primary) as session:
        session.delete(session.get(Author, 1))
        session.commit()
        assert session.scalar(select(func.count()).select_from(Book)) == 0
    Base.metadata.drop_all(primary)
    pair.assert_identical()


@pytest.fixture
def schema(pair):
    return catalog_schema.create(pair)


def test_reflection_finds_the_schema(schema):
    for node in schema.nodes:
        inspector = inspect(engine(node))
        assert sorted(inspector.get_table_names()) == ["Sub", "author", "book", "pair", "words"]
        assert inspector.get_view_names() == ["cheap"] and inspector.get_schema_names() == ["information_schema", "public"]
        assert inspector.has_table("book") and not inspector.has_table("nothing")
        columns = {column["name"]: column for column in inspector.get_columns("book")}
        assert [str(columns[name]["type"]) for name in ["id", "title", "price", "meta", "shout"]] == [
            "BIGINT", "VARCHAR(40)", "NUMERIC(10, 2)", "JSONB", "TEXT"]
        assert columns["id"]["autoincrement"] and columns["title"]["default"] == "'untitled'" and not columns["title"]["nullable"]
        assert inspector.get_pk_constraint("pair")["constrained_columns"] == ["a", "b"]
        [key] = inspector.get_foreign_keys("Sub")
        assert (key["name"], key["constrained_columns"], key["referred_table"], key["referred_columns"]) == ("sub_pair", ["x", "y z"], "pair", ["a", "b"])
        [key] = inspector.get_foreign_keys("book")
        assert key["options"] == {"ondelete": "CASCADE"}
        assert inspector.get_unique_constraints("book")[0]["column_names"] == ["title", "author_id"]
        assert [(check["name"], check["sqltext"]) for check in inspector.get_check_constraints("pair")] == [("pair_order", "a < b")]
        indexes = {index["name"]: index for index in inspector.get_indexes("book")}
        assert indexes["book_price"]["column_sorting"] == {"price": ("desc",)} and "postgresql_ops" not in indexes["book_price"]["dialect_options"]
        assert indexes["book_part"]["unique"] and indexes["book_part"]["expressions"] == ["author_id", "lower(title)"]
        assert inspector.get_view_definition("cheap").strip() == "SELECT id, title FROM book WHERE price < 5;"


def test_reflected_tables_are_used_and_made_again(schema):
    metadata = MetaData()
    primary = engine(schema.primary)
    metadata.reflect(primary)
    book, author = metadata.tables["book"], metadata.tables["author"]
    with primary.begin() as connection:
        number = connection.execute(author.insert().values(name="Woolf").returning(author.c.id)).scalar_one()
        connection.execute(book.insert(), [{"title": "Orlando", "author_id": number, "price": 12, "meta": {"pages": 300}}, {"title": "Waves", "author_id": number, "price": 4, "meta": [1, "two"]}])
        rows = connection.execute(select(book.c.title, book.c.meta, author.c.name).join(author).order_by(book.c.id)).all()
        assert rows == [("Orlando", {"pages": 300}, "Woolf"), ("Waves", [1, "two"], "Woolf")]
    schema.assert_identical()
