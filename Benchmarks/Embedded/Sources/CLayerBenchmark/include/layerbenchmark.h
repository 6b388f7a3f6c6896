#pragma once

/* How often the process has called malloc and its like, and free, while counting was on. */
struct allocation_counts {
    long allocations;
    long releases;
};

/* Counting is off at the beginning: it costs a few nanoseconds a call. */
void count_allocations(int is_on);
struct allocation_counts allocation_counts(void);
/* Bytes that malloc has handed out and that were not given back, counted or not. */
long allocated_bytes(void);

/* SELECT 1 as a program in C does it: libpq and libmariadb, one prepared statement, blocking. The functions give 1 for
   the row's value, -1 for a failure, whose words raw_error has then. */
struct raw_connection;
struct raw_connection *raw_postgres_open(const char *url);
struct raw_connection *raw_mariadb_open(const char *host, unsigned port, const char *user, const char *password,
                                        const char *database);
int raw_select(struct raw_connection *);
int raw_begin(struct raw_connection *);
int raw_commit(struct raw_connection *);
void raw_close(struct raw_connection *);
const char *raw_error(void);
