/* lag - how long after its commit a transaction is visible on the replica.
 *
 * build: gcc -O2 -Wall -o lag lag.c -I$(pg_config --includedir) $(mariadb_config --include) -lmariadb -lpq -lpthread
 * use:   lag pg|mysql PRIMARY_PORT REPLICA_PORT PROBES GAP_US POLL_US [MAX_SECONDS]
 *
 * One thread inserts probe(id, title, created_at, updated_at) with a prepared statement in autocommit and sleeps GAP_US
 * after each; it does not wait for the replica, so a slow replica does not thin out the probes. The other asks the
 * replica SELECT max(id) FROM probe every POLL_US and stamps each id when the answer that first shows it has arrived.
 * Of each probe: sent, acknowledged, seen. The question's own time is part of "seen".
 *
 * prints, tab-separated, in microseconds: NAME COUNT P50 P95 P99 MAX
 *   ack       acknowledged - sent: the commit's latency
 *   lag       seen - acknowledged; negative where the replica showed it before the client was told
 *   visible   seen - sent
 *   poll      one question to the replica
 */
#include <libpq-fe.h>
#include <mysql.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INSERT "INSERT INTO probe (id, title, created_at, updated_at) VALUES "
static const char *insert_mysql = INSERT "(?, ?, CURRENT_TIMESTAMP(6), CURRENT_TIMESTAMP(6))";
static const char *insert_postgres = INSERT "($1, $2, CURRENT_TIMESTAMP(6), CURRENT_TIMESTAMP(6))";
static const char *newest = "SELECT coalesce(max(id), 0) FROM probe";

enum { max_polls = 2000000, give_up_us = 60000000 };

typedef struct {
  PGconn *postgres;
  MYSQL *mysql;
  MYSQL_STMT *statement;
  MYSQL_BIND parameters[2], result[1];
  long long id, answer;
  char title[64];
  unsigned long title_length;
} connection;

static bool is_postgres;
static int gap_us, poll_us;
static double max_us = 1e18;
static volatile int probes; /* lowered by the writer when its time is up */
static volatile bool writer_done;
static long long base; /* the newest id before the first probe */
static double *sent, *acknowledged, *seen;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what, const char *message) {
  fprintf(stderr, "lag: %s: %s\n", what, message);
  exit(1);
}

static void open_postgres(connection *c, int port, bool inserts) {
  char text[100];
  snprintf(text, sizeof text, "host=127.0.0.1 port=%d user=bench dbname=bench", port);
  c->postgres = PQconnectdb(text);
  if (PQstatus(c->postgres) != CONNECTION_OK) die("connect", PQerrorMessage(c->postgres));
  PGresult *r = PQprepare(c->postgres, "p", inserts ? insert_postgres : newest, 0, NULL);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) die("prepare", PQerrorMessage(c->postgres));
  PQclear(r);
}

static void open_mysql(connection *c, int port, bool inserts) {
  c->mysql = mysql_init(NULL);
  if (!mysql_real_connect(c->mysql, "127.0.0.1", "bench", "bench", "bench", port, NULL, 0))
    die("connect", mysql_error(c->mysql));
  c->statement = mysql_stmt_init(c->mysql);
  const char *sql = inserts ? insert_mysql : newest;
  if (mysql_stmt_prepare(c->statement, sql, strlen(sql))) die("prepare", mysql_stmt_error(c->statement));
  if (inserts) {
    c->parameters[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &c->id};
    c->parameters[1] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .buffer = c->title,
                                    .length = &c->title_length, .buffer_length = sizeof c->title};
    mysql_stmt_bind_param(c->statement, c->parameters);
  } else {
    c->result[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &c->answer};
    mysql_stmt_bind_result(c->statement, c->result);
  }
}

static void open_connection(connection *c, int port, bool inserts) {
  memset(c, 0, sizeof *c);
  (is_postgres ? open_postgres : open_mysql)(c, port, inserts);
}

static void insert(connection *c, long long id) {
  c->id = id;
  c->title_length = snprintf(c->title, sizeof c->title, "The Art of Computer Programming, vol %010lld", id);
  if (!is_postgres) {
    if (mysql_stmt_execute(c->statement)) die("insert", mysql_stmt_error(c->statement));
    return;
  }
  char text[32];
  snprintf(text, sizeof text, "%lld", id);
  const char *values[2] = {text, c->title};
  PGresult *r = PQexecPrepared(c->postgres, "p", 2, values, NULL, NULL, 0);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) die("insert", PQerrorMessage(c->postgres));
  PQclear(r);
}

static long long select_newest(connection *c) {
  if (!is_postgres) {
    if (mysql_stmt_execute(c->statement) || mysql_stmt_store_result(c->statement) || mysql_stmt_fetch(c->statement))
      die("select", mysql_stmt_error(c->statement));
    mysql_stmt_free_result(c->statement);
    return c->answer;
  }
  PGresult *r = PQexecPrepared(c->postgres, "p", 0, NULL, NULL, NULL, 0);
  if (PQresultStatus(r) != PGRES_TUPLES_OK) die("select", PQerrorMessage(c->postgres));
  long long id = atoll(PQgetvalue(r, 0, 0));
  PQclear(r);
  return id;
}

static void *write_probes(void *argument) {
  double start = now_us();
  for (int i = 0; i < probes; i++) {
    if (now_us() - start > max_us) {
      probes = i;
      break;
    }
    sent[i] = now_us();
    insert(argument, base + i + 1);
    acknowledged[i] = now_us();
    if (gap_us) usleep(gap_us);
  }
  writer_done = true;
  return NULL;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(const char *name, double *v, long n) {
  if (n == 0) return;
  qsort(v, n, sizeof *v, ascending);
  printf("%s\t%ld\t%.0f\t%.0f\t%.0f\t%.0f\n", name, n, v[n / 2], v[n * 95 / 100], v[n * 99 / 100], v[n - 1]);
}

static void report_difference(const char *name, const double *from, const double *to, long n) {
  double *v = calloc(n + 1, sizeof *v);
  for (long i = 0; i < n; i++) v[i] = to[i] - from[i];
  report(name, v, n);
  free(v);
}

int main(int count, char **argument) {
  if (count < 7) die("use", "lag pg|mysql PRIMARY_PORT REPLICA_PORT PROBES GAP_US POLL_US [MAX_SECONDS]");
  is_postgres = strcmp(argument[1], "pg") == 0;
  int primary = atoi(argument[2]), replica = atoi(argument[3]);
  probes = atoi(argument[4]), gap_us = atoi(argument[5]), poll_us = atoi(argument[6]);
  if (count > 7) max_us = atof(argument[7]) * 1e6;
  connection writer, reader, first;
  open_connection(&writer, primary, true);
  open_connection(&reader, replica, false);
  open_connection(&first, primary, false);
  base = select_newest(&first);
  sent = calloc(probes, sizeof *sent), acknowledged = calloc(probes, sizeof *sent), seen = calloc(probes, sizeof *sent);
  double *polls = calloc(max_polls, sizeof *polls), stopped = 0;
  long shown = 0, polled = 0;
  pthread_t thread;
  pthread_create(&thread, NULL, write_probes, &writer);
  while (shown < probes) {
    double before = now_us();
    long long id = select_newest(&reader) - base;
    double after = now_us();
    if (polled < max_polls) polls[polled++] = after - before;
    while (shown < id && shown < probes) seen[shown++] = after;
    if (writer_done && stopped == 0) stopped = after;
    if (stopped > 0 && after - stopped > give_up_us) {
      fprintf(stderr, "lag: gave up 60 s after the last insert: %ld of %d seen\n", shown, probes);
      while (shown < probes) seen[shown++] = after; /* they count as seen now: at least so late */
    }
    if (poll_us) usleep(poll_us);
  }
  pthread_join(thread, NULL);
  report_difference("ack", sent, acknowledged, shown);
  report_difference("lag", acknowledged, seen, shown);
  report_difference("visible", sent, seen, shown);
  report("poll", polls, polled);
  return 0;
}
