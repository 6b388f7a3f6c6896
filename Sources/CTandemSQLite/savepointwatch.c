#include "ctandemsqlite.h"

#include <stdlib.h>
#include <string.h>

/*
** SQLite calls xSavepoint, xRelease and xRollbackTo of every virtual table that takes part in a transaction: for
** SAVEPOINT, RELEASE and ROLLBACK TO, and for the savepoints that it opens itself around a statement that may have
** to be taken back in its middle (sqlite3VtabSavepoint in vtab.c). A virtual table without rows is thus told exactly
** what SQLite takes back, which no hook says.
*/

typedef struct {
  ctandem_savepoint_hook hook;
  void *context;
} watch_hook;

typedef struct {
  sqlite3_vtab base;
  watch_hook *hook;
} watch_table;

static int watch_connect(
  sqlite3 *connection, void *aux, int argc, const char *const *argv, sqlite3_vtab **table, char **error) {
  (void)argc, (void)argv, (void)error;
  int code = sqlite3_declare_vtab(connection, "CREATE TABLE watch(joined)");
  if (code != SQLITE_OK) return code;
  watch_table *t = sqlite3_malloc(sizeof *t);
  if (!t) return SQLITE_NOMEM;
  memset(t, 0, sizeof *t);
  t->hook = aux;
  *table = &t->base;
  return SQLITE_OK;
}

static int watch_disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

static int watch_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  (void)table, (void)info;
  return SQLITE_OK;
}

static int watch_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor) {
  (void)table;
  *cursor = sqlite3_malloc(sizeof(sqlite3_vtab_cursor));
  if (!*cursor) return SQLITE_NOMEM;
  memset(*cursor, 0, sizeof **cursor);
  return SQLITE_OK;
}

static int watch_close(sqlite3_vtab_cursor *cursor) {
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int watch_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv) {
  (void)cursor, (void)number, (void)text, (void)argc, (void)argv;
  return SQLITE_OK;
}

static int watch_next(sqlite3_vtab_cursor *cursor) {
  (void)cursor;
  return SQLITE_OK;
}

static int watch_eof(sqlite3_vtab_cursor *cursor) {
  (void)cursor;
  return 1;
}

static int watch_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column) {
  (void)cursor, (void)context, (void)column;
  return SQLITE_OK;
}

static int watch_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid) {
  (void)cursor;
  *rowid = 0;
  return SQLITE_OK;
}

static int watch_update(sqlite3_vtab *table, int argc, sqlite3_value **argv, sqlite3_int64 *rowid) {
  (void)table, (void)argc, (void)argv;
  *rowid = 0;
  return SQLITE_OK;
}

static int tell(sqlite3_vtab *table, int event, int level) {
  watch_hook *h = ((watch_table *)table)->hook;
  return h->hook(h->context, event, level);
}

static int watch_begin(sqlite3_vtab *table) {
  (void)table;
  return SQLITE_OK;
}

/*
** SQLITE_BUSY is the one result after which SQLite leaves the transaction open (sqlite3VdbeHalt): a COMMIT that was
** not asked for by the owner of the transaction does no harm.
*/
static int watch_sync(sqlite3_vtab *table) {
  if (tell(table, CTANDEM_TRANSACTION_COMMITS, 0) == 0) return SQLITE_OK;
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("COMMIT is not possible inside a transaction that Tandem runs");
  return SQLITE_BUSY;
}

static int watch_commit(sqlite3_vtab *table) {
  (void)table;
  return SQLITE_OK;
}

static int watch_rollback(sqlite3_vtab *table) {
  tell(table, CTANDEM_TRANSACTION_ROLLED_BACK, 0);
  return SQLITE_OK;
}

static int watch_savepoint(sqlite3_vtab *table, int level) {
  tell(table, CTANDEM_SAVEPOINT_BEGUN, level);
  return SQLITE_OK;
}

static int watch_release(sqlite3_vtab *table, int level) {
  tell(table, CTANDEM_SAVEPOINT_RELEASED, level);
  return SQLITE_OK;
}

static int watch_rollback_to(sqlite3_vtab *table, int level) {
  tell(table, CTANDEM_SAVEPOINT_ROLLED_BACK, level);
  return SQLITE_OK;
}

/* Without xCreate the table exists on its own, without an entry in the schema. */
static const sqlite3_module watch_module = {
  .iVersion = 2,
  .xConnect = watch_connect,
  .xBestIndex = watch_best_index,
  .xDisconnect = watch_disconnect,
  .xOpen = watch_open,
  .xClose = watch_close,
  .xFilter = watch_filter,
  .xNext = watch_next,
  .xEof = watch_eof,
  .xColumn = watch_column,
  .xRowid = watch_rowid,
  .xUpdate = watch_update,
  .xBegin = watch_begin,
  .xSync = watch_sync,
  .xCommit = watch_commit,
  .xRollback = watch_rollback,
  .xSavepoint = watch_savepoint,
  .xRelease = watch_release,
  .xRollbackTo = watch_rollback_to,
};

int ctandem_add_savepoint_watch(sqlite3 *connection, const char *name, ctandem_savepoint_hook hook, void *context) {
  watch_hook *h = malloc(sizeof *h);
  if (!h) return SQLITE_NOMEM;
  h->hook = hook;
  h->context = context;
  return sqlite3_create_module_v2(connection, name, &watch_module, h, free);
}
