import java.math.BigDecimal;
import java.util.*;
import javax.persistence.*;

/** A JPA provider against a pair of nodes: each line of the output is one fact, which the test compares. */
public class JPAClient {
    @Entity(name = "Author")
    @Table(name = "author")
    public static class Author {
        @Id @GeneratedValue(strategy = GenerationType.IDENTITY) private Long id;
        @Column(nullable = false, unique = true, length = 80) private String name;
        @Temporal(TemporalType.DATE) private Date born;
        @Version private int version;
        @OneToMany(mappedBy = "author", cascade = CascadeType.ALL, orphanRemoval = true, fetch = FetchType.LAZY)
        @OrderBy("title") private List<Book> books = new ArrayList<>();

        public Author() {}
        Author(String name) { this.name = name; }

        Book write(String title, String price) {
            Book book = new Book(this, title, new BigDecimal(price));
            books.add(book);
            return book;
        }
    }

    public enum Form { PAPER, SCREEN }

    @Entity(name = "Book")
    @Table(name = "book")
    public static class Book {
        @Id @GeneratedValue(strategy = GenerationType.IDENTITY) private Long id;
        @Column(nullable = false) private String title;
        @Column(precision = 10, scale = 2) private BigDecimal price;
        @Enumerated(EnumType.STRING) private Form form = Form.PAPER;
        private boolean sold;
        private byte[] cover;
        @Temporal(TemporalType.TIMESTAMP) private Date added;
        @Version private int version;
        @ManyToOne(fetch = FetchType.LAZY, optional = false) @JoinColumn(name = "author_id") private Author author;
        @ManyToMany @JoinTable(name = "book_tag", joinColumns = @JoinColumn(name = "book_id"), inverseJoinColumns = @JoinColumn(name = "tag_name"))
        private Set<Tag> tags = new HashSet<>();

        public Book() {}
        Book(Author author, String title, BigDecimal price) { this.author = author; this.title = title; this.price = price; }
    }

    @Entity(name = "Tag")
    @Table(name = "tag")
    public static class Tag {
        @Id @Column(length = 20) private String name;

        public Tag() {}
        Tag(String name) { this.name = name; }
    }

    /** What has its numbers from a table, in place of a sequence. */
    @Entity(name = "Sale")
    @Table(name = "sale")
    public static class Sale {
        @Id @TableGenerator(name = "sale", table = "numbers", pkColumnName = "name", valueColumnName = "next", pkColumnValue = "sale", allocationSize = 10)
        @GeneratedValue(strategy = GenerationType.TABLE, generator = "sale") private Long id;
        private int copies;

        public Sale() {}
        Sale(int copies) { this.copies = copies; }
    }

    private static void say(Object... values) {
        StringJoiner line = new StringJoiner(" ");
        for (Object value : values) line.add(String.valueOf(value));
        System.out.println(line);
    }

    /** Without the zeros at its end, which SQLite does not keep. */
    private static String plain(Object number) { return ((BigDecimal) number).stripTrailingZeros().toPlainString(); }

    private interface Work { void run(EntityManager manager); }

    /** Runs work in a transaction, and names what ended it. */
    private static String in(EntityManagerFactory factory, Work work) {
        EntityManager manager = factory.createEntityManager();
        try {
            manager.getTransaction().begin();
            work.run(manager);
            manager.getTransaction().commit();
            return "done";
        } catch (RuntimeException error) {
            if (manager.getTransaction().isActive()) manager.getTransaction().rollback();
            String state = "none";
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (cause instanceof java.sql.SQLException) state = ((java.sql.SQLException) cause).getSQLState();
            }
            Throwable shown = error instanceof RollbackException && error.getCause() != null ? error.getCause() : error;
            return shown.getClass().getSimpleName() + " " + state;
        } finally {
            manager.close();
        }
    }

    private static EntityManagerFactory factory(String unit, String nodes, String schema) {
        Map<String, String> properties = new HashMap<>();
        properties.put("javax.persistence.jdbc.driver", "org.postgresql.Driver");
        properties.put("javax.persistence.jdbc.url", "jdbc:postgresql://" + nodes);
        properties.put("javax.persistence.jdbc.user", "test");
        properties.put("javax.persistence.jdbc.password", "");
        properties.put("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect");
        properties.put("hibernate.jdbc.batch_size", "20");
        if (!schema.equals("there")) properties.put("hibernate.hbm2ddl.auto", schema);
        properties.put("eclipselink.target-database", "PostgreSQL");
        properties.put("eclipselink.jdbc.batch-writing", "JDBC");
        properties.put("eclipselink.ddl-generation", schema.equals("create") ? "create-tables" : "none");
        properties.put("eclipselink.cache.shared.default", "false");
        properties.put("eclipselink.logging.level", "OFF");
        return Persistence.createEntityManagerFactory(unit, properties);
    }

    /** The provider, whether it makes the tables ("create") or they are there, the address, and that with a replica's. */
    public static void main(String[] arguments) {
        String unit = arguments[0], node = arguments[2] + "?prepareThreshold=1";
        EntityManagerFactory factory = factory(unit, node, arguments[1]);
        write(factory);
        read(factory);
        fail(factory);
        factory.close();
        try {
            // Hibernate compares the tables with its classes.
            factory(unit, node, "validate").close();
            say("valid");
        } catch (PersistenceException error) {
            Throwable cause = error;
            while (cause.getCause() != null) cause = cause.getCause();
            say("valid", cause.getMessage());
        }
        if (arguments.length < 4) return;
        EntityManagerFactory replica = factory(unit, arguments[3] + "?targetServerType=secondary", "there");
        say("replica", in(replica, manager -> {
            say("is replica", manager.createNativeQuery("SELECT pg_is_in_recovery()").getSingleResult());
            say("books", manager.createQuery("SELECT count(b) FROM Book b").getSingleResult());
        }));
        say("replica writes", in(replica, manager -> manager.persist(new Author("nobody"))));
        replica.close();
    }

    private static void write(EntityManagerFactory factory) {
        say("persist", in(factory, manager -> {
            Author author = new Author("Austen");
            author.born = java.sql.Date.valueOf("1775-12-16");
            Tag tag = new Tag("novel");
            manager.persist(tag);
            Book emma = author.write("Emma", "12.50");
            emma.cover = new byte[] {0, 1, (byte) 0xFF};
            emma.added = java.sql.Timestamp.valueOf("2024-02-29 12:34:56.789");
            emma.sold = true;
            emma.tags.add(tag);
            author.write("Persuasion", "9.75").form = Form.SCREEN;
            manager.persist(author);
            manager.flush();
            say("keys", author.id, emma.id != null, emma.version);
        }));
        say("batch", in(factory, manager -> {
            for (int number = 0; number < 50; number++) manager.persist(new Sale(number));
        }));
        say("many", in(factory, manager -> {
            Author author = new Author("Kafka");
            for (int number = 0; number < 40; number++) author.write(String.format("Book %02d", number), "1." + (10 + number));
            manager.persist(author);
        }));
        say("update", in(factory, manager -> {
            Author author = manager.find(Author.class, 1L);
            say("lazy", manager.getEntityManagerFactory().getPersistenceUnitUtil().isLoaded(author, "books"), author.books.size(), author.books.get(0).title);
            author.books.remove(1);
            author.books.get(0).price = new BigDecimal("13.00");
        }));
        say("bulk", in(factory, manager -> {
            say("updated", manager.createQuery("UPDATE Book b SET b.sold = true WHERE b.price < :limit").setParameter("limit", new BigDecimal("1.20")).executeUpdate());
            say("deleted", manager.createQuery("DELETE FROM Sale s WHERE s.copies >= 45").executeUpdate());
        }));
    }

    private static void read(EntityManagerFactory factory) {
        say("read", in(factory, manager -> {
            Book emma = manager.createQuery("SELECT b FROM Book b JOIN FETCH b.author WHERE b.title = :title", Book.class).setParameter("title", "Emma").getSingleResult();
            say("emma", plain(emma.price), emma.form, emma.sold, Arrays.toString(emma.cover), emma.added, emma.author.name, emma.author.born, emma.version, emma.tags.size());
            for (Book book : manager.createQuery("SELECT b FROM Book b WHERE b.author.name = 'Kafka' ORDER BY b.price DESC, b.id", Book.class)
                    .setFirstResult(5).setMaxResults(3).getResultList()) say("page", book.title);
            for (Object[] row : manager.createQuery(
                    "SELECT a.name, count(b), sum(b.price), max(b.title), avg(b.price) FROM Author a LEFT JOIN a.books b GROUP BY a.name HAVING count(b) > 0 ORDER BY a.name", Object[].class)
                    .getResultList()) say("group", row[0], row[1], plain(row[2]), row[3], ((Number) row[4]).doubleValue());
            say("subquery", manager.createQuery(
                "SELECT a.name FROM Author a WHERE EXISTS (SELECT b FROM Book b WHERE b.author = a AND b.price > 5) AND a.name LIKE 'A%'").getResultList());
            say("member", manager.createQuery("SELECT b.title FROM Book b JOIN b.tags t WHERE t.name IN (:one, :other)")
                .setParameter("one", "novel").setParameter("other", "letter").getResultList());
            say("functions", manager.createQuery(
                "SELECT upper(b.title), length(b.title), concat(b.title, '!'), substring(b.title, 2, 3), coalesce(b.added, b.added), abs(length(b.title) - 9), mod(b.version, 2)"
                + " FROM Book b WHERE b.sold = true AND b.form = :form AND b.title BETWEEN 'E' AND 'F'", Object[].class)
                .setParameter("form", Form.PAPER).getResultList().stream().map(Arrays::toString).toList());
            say("case", manager.createQuery("SELECT CASE WHEN b.price > 10 THEN 'dear' ELSE 'cheap' END FROM Book b WHERE b.title IN ('Emma', 'Book 03') ORDER BY b.title").getResultList());
            say("dates", manager.createQuery("SELECT count(b) FROM Book b WHERE b.added >= :day AND b.added < CURRENT_TIMESTAMP")
                .setParameter("day", java.sql.Timestamp.valueOf("2024-02-29 00:00:00"), TemporalType.TIMESTAMP).getSingleResult());
            say("sales", manager.createQuery("SELECT count(s), count(DISTINCT s.copies), min(s.id) FROM Sale s", Object[].class).getResultList().stream().map(Arrays::toString).toList());
        }));
        say("locked", in(factory, manager -> {
            Author author = manager.find(Author.class, 1L, LockModeType.PESSIMISTIC_WRITE);
            author.born = null;
        }));
    }

    private static void fail(EntityManagerFactory factory) {
        say("unique", in(factory, manager -> manager.persist(new Author("Austen"))));
        say("not null", in(factory, manager -> manager.persist(new Author(null))));
        say("foreign key", in(factory, manager -> {
            manager.createQuery("DELETE FROM Author a").executeUpdate();
            throw new IllegalStateException();
        }));
        say("read-only", in(factory, manager -> {
            manager.createNativeQuery("SET TRANSACTION READ ONLY").executeUpdate();
            manager.createNativeQuery("DELETE FROM tag").executeUpdate();
        }));
        say("rolled back", in(factory, manager -> {
            manager.persist(new Author("Woolf"));
            manager.flush();
            throw new IllegalStateException();
        }), in(factory, manager -> say("authors", manager.createQuery("SELECT count(a) FROM Author a").getSingleResult())));
        // Two read the same version, and both write.
        EntityManager slow = factory.createEntityManager();
        slow.getTransaction().begin();
        Author stale = slow.find(Author.class, 1L);
        say("faster", in(factory, manager -> manager.find(Author.class, 1L).name = "Jane Austen"));
        stale.name = "J. Austen";
        try {
            slow.getTransaction().commit();
            say("optimistic none");
        } catch (RollbackException error) {
            say("optimistic", error.getCause().getClass().getSimpleName());
        }
        slow.close();
        say("name", in(factory, manager -> say(manager.find(Author.class, 1L).name)));
    }
}
