#include "ctandemsqlite.h"

#include <stdlib.h>

#ifndef SQLITE_ENABLE_PREUPDATE_HOOK
#error "this target is compiled with SQLITE_ENABLE_PREUPDATE_HOOK"
#endif

typedef struct {
  ctandem_change_hook hook;
  void *context;
} slot;

static void changed(
  void *p, sqlite3 *connection, int operation, char const *schema, char const *table, sqlite3_int64 old_rowid,
  sqlite3_int64 new_rowid) {
  (void)connection;
  slot *s = p;
  s->hook(s->context, operation, schema, table, old_rowid, new_rowid);
}

int ctandem_has_preupdate_hook(void) { return sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK"); }

void ctandem_set_change_hook(sqlite3 *connection, ctandem_change_hook hook, void *context) {
  slot *s = 0;
  if (hook) {
    s = malloc(sizeof *s);
    if (!s) abort();
    s->hook = hook;
    s->context = context;
  }
  free(sqlite3_preupdate_hook(connection, hook ? changed : 0, s));
}

static int read_value(sqlite3_value *value, ctandem_value *out) {
  out->type = sqlite3_value_type(value);
  out->bytes = 0;
  out->count = 0;
  switch (out->type) {
    case SQLITE_INTEGER: out->integer = sqlite3_value_int64(value); break;
    case SQLITE_FLOAT: out->real = sqlite3_value_double(value); break;
    case SQLITE_TEXT:
      out->bytes = sqlite3_value_text(value);
      out->count = sqlite3_value_bytes(value);
      if (!out->bytes) return SQLITE_NOMEM;
      break;
    case SQLITE_BLOB:
      out->bytes = sqlite3_value_blob(value);
      out->count = sqlite3_value_bytes(value);
      if (!out->bytes && out->count > 0) return SQLITE_NOMEM;
      break;
    default: break;
  }
  return SQLITE_OK;
}

int ctandem_old_values(sqlite3 *connection, const int32_t *columns, int32_t count, ctandem_value *values) {
  for (int32_t i = 0; i < count; i++) {
    sqlite3_value *value = 0;
    int code = sqlite3_preupdate_old(connection, columns[i], &value);
    if (code == SQLITE_OK) code = read_value(value, &values[i]);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int ctandem_new_values(sqlite3 *connection, const int32_t *columns, int32_t count, ctandem_value *values) {
  for (int32_t i = 0; i < count; i++) {
    sqlite3_value *value = 0;
    int code = sqlite3_preupdate_new(connection, columns[i], &value);
    if (code == SQLITE_OK) code = read_value(value, &values[i]);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int ctandem_blob_write_column(sqlite3 *connection) { return sqlite3_preupdate_blobwrite(connection); }

int ctandem_configure(sqlite3 *connection, int option, int value) {
  int now = -1;
  return sqlite3_db_config(connection, option, value, &now) == SQLITE_OK ? now : -1;
}
