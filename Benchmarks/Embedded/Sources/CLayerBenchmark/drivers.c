/* The raw drivers. Both have a prepared SELECT 1, and BEGIN and COMMIT as plain text. */
#include "layerbenchmark.h"

#include <mariadb/mysql.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct raw_connection {
    PGconn *postgres;
    MYSQL *mariadb;
    MYSQL_STMT *statement;
    int value;
};

static char error[512];

const char *raw_error(void) { return error; }

static struct raw_connection *failed(struct raw_connection *connection, const char *message) {
    snprintf(error, sizeof error, "%s", message);
    raw_close(connection);
    return NULL;
}

struct raw_connection *raw_postgres_open(const char *url) {
    struct raw_connection *connection = calloc(1, sizeof *connection);
    connection->postgres = PQconnectdb(url);
    if (PQstatus(connection->postgres) != CONNECTION_OK) return failed(connection, PQerrorMessage(connection->postgres));
    PGresult *result = PQprepare(connection->postgres, "one", "SELECT 1", 0, NULL);
    int is_prepared = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return is_prepared ? connection : failed(connection, PQerrorMessage(connection->postgres));
}

struct raw_connection *raw_mariadb_open(const char *host, unsigned port, const char *user, const char *password,
                                        const char *database) {
    struct raw_connection *connection = calloc(1, sizeof *connection);
    connection->mariadb = mysql_init(NULL);
    if (!mysql_real_connect(connection->mariadb, host, user, password, database, port, NULL, 0))
        return failed(connection, mysql_error(connection->mariadb));
    connection->statement = mysql_stmt_init(connection->mariadb);
    if (mysql_stmt_prepare(connection->statement, "SELECT 1", 8))
        return failed(connection, mysql_error(connection->mariadb));
    return connection;
}

static int mariadb_select(struct raw_connection *connection) {
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_LONG, .buffer = &connection->value};
    if (mysql_stmt_execute(connection->statement) || mysql_stmt_bind_result(connection->statement, &bind)
        || mysql_stmt_store_result(connection->statement) || mysql_stmt_fetch(connection->statement)) {
        snprintf(error, sizeof error, "%s", mysql_stmt_error(connection->statement));
        return -1;
    }
    mysql_stmt_free_result(connection->statement);
    return connection->value;
}

int raw_select(struct raw_connection *connection) {
    if (connection->mariadb) return mariadb_select(connection);
    PGresult *result = PQexecPrepared(connection->postgres, "one", 0, NULL, NULL, NULL, 0);
    int value = -1;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) value = atoi(PQgetvalue(result, 0, 0));
    else snprintf(error, sizeof error, "%s", PQerrorMessage(connection->postgres));
    PQclear(result);
    return value;
}

static int run(struct raw_connection *connection, const char *sql) {
    if (connection->mariadb) {
        if (!mysql_query(connection->mariadb, sql)) return 1;
        snprintf(error, sizeof error, "%s", mysql_error(connection->mariadb));
        return -1;
    }
    PGresult *result = PQexec(connection->postgres, sql);
    int value = PQresultStatus(result) == PGRES_COMMAND_OK ? 1 : -1;
    if (value < 0) snprintf(error, sizeof error, "%s", PQerrorMessage(connection->postgres));
    PQclear(result);
    return value;
}

int raw_begin(struct raw_connection *connection) { return run(connection, "BEGIN"); }

int raw_commit(struct raw_connection *connection) { return run(connection, "COMMIT"); }

void raw_close(struct raw_connection *connection) {
    if (connection->statement) mysql_stmt_close(connection->statement);
    if (connection->mariadb) mysql_close(connection->mariadb);
    if (connection->postgres) PQfinish(connection->postgres);
    free(connection);
}
