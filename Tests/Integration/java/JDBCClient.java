import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** pgjdbc with HikariCP against a pair of nodes: each line of the output is one fact, which the test compares. */
public class JDBCClient {
    private static void say(Object... values) {
        StringJoiner line = new StringJoiner(" ");
        for (Object value : values) line.add(String.valueOf(value));
        System.out.println(line);
    }

    private interface Work { void run() throws SQLException; }

    private static String state(Work work) {
        try {
            work.run();
            return "none";
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    private static void rows(String name, ResultSet rows, String... columns) throws SQLException {
        while (rows.next()) {
            List<Object> values = new ArrayList<>(List.of(name));
            for (String column : columns) values.add(rows.getString(column));
            say(values.toArray());
        }
        rows.close();
    }

    public static void main(String[] arguments) throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + arguments[0] + "/books?user=test&prepareThreshold=1");
        config.setMaximumPoolSize(4);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            try (Connection connection = pool.getConnection()) { statements(connection); }
            try (Connection connection = pool.getConnection()) { transactions(connection, pool); }
            try (Connection connection = pool.getConnection()) { describe(connection); }
        }
        // The address that takes writes is found, whichever comes first.
        for (String target : List.of("primary", "secondary", "preferSecondary")) {
            String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + ",127.0.0.1:" + arguments[1]
                + "/books?user=test&targetServerType=" + target;
            try (Connection connection = DriverManager.getConnection(url);
                 ResultSet answer = connection.createStatement().executeQuery("SELECT pg_is_in_recovery()")) {
                answer.next();
                say("target", target, answer.getBoolean(1));
            }
        }
    }

    private static void statements(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO author (name, born) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            for (String name : List.of("Austen", "Kafka")) {
                insert.setString(1, name);
                insert.setDate(2, java.sql.Date.valueOf("1775-12-16"));
                insert.addBatch();
            }
            say("batch", Arrays.toString(insert.executeBatch()));
            rows("key", insert.getGeneratedKeys(), "id");
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO book (title, price, author_id) VALUES (?, ?, ?)")) {
            for (int number = 0; number < 30; number++) {
                insert.setString(1, "book " + number);
                insert.setBigDecimal(2, new BigDecimal("1.25").add(BigDecimal.valueOf(number)));
                insert.setLong(3, 1);
                insert.executeUpdate();
            }
        }
        connection.setAutoCommit(false);
        try (PreparedStatement select = connection.prepareStatement("SELECT id, title, price, count(*) OVER () AS n FROM book WHERE price > ? ORDER BY id")) {
            select.setFetchSize(7);
            select.setBigDecimal(1, new BigDecimal("20"));
            try (ResultSet found = select.executeQuery()) {
                int count = 0;
                while (found.next()) {
                    if (count++ == 0) say("first", found.getLong("id"), found.getString("title"), found.getBigDecimal("price"), found.getInt("n"));
                }
                say("fetched", count);
                ResultSetMetaData meta = found.getMetaData();
                say("types", meta.getColumnTypeName(1), meta.getColumnTypeName(2), meta.getColumnTypeName(3), meta.getColumnTypeName(4),
                    meta.isAutoIncrement(1), meta.isNullable(2) == ResultSetMetaData.columnNoNulls, meta.getTableName(2));
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private static void transactions(Connection connection, HikariDataSource pool) throws SQLException {
        connection.setAutoCommit(false);
        Statement statement = connection.createStatement();
        statement.executeUpdate("UPDATE author SET born = NULL WHERE id = 2");
        Savepoint savepoint = connection.setSavepoint("before");
        say("unique", state(() -> statement.executeUpdate("INSERT INTO author (name) VALUES ('Austen')")));
        say("failed", state(() -> statement.executeQuery("SELECT 1")));
        connection.rollback(savepoint);
        statement.executeUpdate("INSERT INTO author (name) VALUES ('Woolf')");
        connection.releaseSavepoint(connection.setSavepoint());
        connection.commit();
        connection.setReadOnly(true);
        say("read-only", state(() -> statement.executeUpdate("DELETE FROM author")));
        connection.rollback();
        rows("count", statement.executeQuery("SELECT count(*) AS n FROM author"), "n");
        connection.rollback();
        connection.setReadOnly(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        say("isolation", connection.getTransactionIsolation() == Connection.TRANSACTION_SERIALIZABLE);
        statement.executeUpdate("DELETE FROM author WHERE name = 'Woolf'");
        connection.rollback();
        // What the pool sets back when a connection is returned.
        connection.close();
        try (Connection next = pool.getConnection()) {
            say("returned", next.isReadOnly(), next.getAutoCommit(), next.getTransactionIsolation() == Connection.TRANSACTION_READ_COMMITTED, next.isValid(2));
        }
    }

    private static void describe(Connection connection) throws SQLException {
        DatabaseMetaData meta = connection.getMetaData();
        say("product", meta.getDatabaseProductName(), meta.getDatabaseMajorVersion(), connection.getCatalog(), connection.getSchema());
        rows("table", meta.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE");
        rows("column", meta.getColumns(null, "public", "book", "%"),
            "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "NULLABLE", "COLUMN_DEF", "ORDINAL_POSITION", "IS_AUTOINCREMENT");
        rows("key", meta.getPrimaryKeys(null, "public", "pair"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME");
        for (String name : List.of("book", "Sub")) {
            rows("imported", meta.getImportedKeys(null, "public", name),
                "PKTABLE_NAME", "PKCOLUMN_NAME", "FKCOLUMN_NAME", "KEY_SEQ", "DELETE_RULE", "FK_NAME", "PK_NAME", "DEFERRABILITY");
        }
        rows("exported", meta.getExportedKeys(null, "public", "author"), "FKTABLE_NAME", "FKCOLUMN_NAME");
        rows("crossed", meta.getCrossReference(null, "public", "pair", null, "public", "Sub"), "FKCOLUMN_NAME", "PKCOLUMN_NAME");
        rows("index", meta.getIndexInfo(null, "public", "book", false, false),
            "INDEX_NAME", "NON_UNIQUE", "COLUMN_NAME", "ASC_OR_DESC", "ORDINAL_POSITION", "FILTER_CONDITION");
        rows("best", meta.getBestRowIdentifier(null, "public", "book", DatabaseMetaData.bestRowSession, false), "COLUMN_NAME");
        rows("schema", meta.getSchemas(), "TABLE_SCHEM");
        rows("catalog", meta.getCatalogs(), "TABLE_CAT");
        int types = 0;
        try (ResultSet all = meta.getTypeInfo()) { while (all.next()) types++; }
        say("types", types > 30, meta.getSQLKeywords().contains("pragma"), meta.getMaxColumnNameLength());
        for (ResultSet some : List.of(meta.getProcedures(null, null, "%"), meta.getFunctions(null, null, "upper"), meta.getUDTs(null, null, "%", null),
                meta.getTablePrivileges(null, "public", "book"), meta.getColumnPrivileges(null, "public", "book", "id"), meta.getTableTypes(),
                meta.getVersionColumns(null, "public", "book"), meta.getClientInfoProperties(), meta.getFunctionColumns(null, null, "upper", null))) some.close();
    }
}
