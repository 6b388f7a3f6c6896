#ifndef CTANDEMSQLITE_H
#define CTANDEMSQLITE_H

#include <sqlite3.h>
#include <stdint.h>

/*
** What Swift cannot call itself: SQLite's variadic functions, the preupdate hook (which sqlite3.h declares only
** where SQLITE_ENABLE_PREUPDATE_HOOK is defined, and importers of this header do not define it), and a virtual
** table that SQLite tells about savepoints.
*/

/* A value as the preupdate hook sees it. `bytes` is valid until the hook returns. */
typedef struct {
  int32_t type; /* SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB, SQLITE_NULL */
  int32_t count;
  int64_t integer;
  double real;
  const void *bytes;
} ctandem_value;

/* A change of a row that is about to happen. */
typedef void (*ctandem_change_hook)(
  void *context, int operation, const char *schema, const char *table, int64_t old_rowid, int64_t new_rowid);

/* Whether the SQLite in this process was compiled with the preupdate hook. */
int ctandem_has_preupdate_hook(void);

/* Sets the connection's preupdate hook; NULL removes it. */
void ctandem_set_change_hook(sqlite3 *connection, ctandem_change_hook hook, void *context);

/*
** Reads `count` old or new values of the row inside the hook. `columns` has their numbers, as the hook counts them.
** Returns SQLITE_OK, or the first error. A column out of range counts as an error.
*/
int ctandem_old_values(sqlite3 *connection, const int32_t *columns, int32_t count, ctandem_value *values);
int ctandem_new_values(sqlite3 *connection, const int32_t *columns, int32_t count, ctandem_value *values);

/* The column that sqlite3_blob_write is about to change; -1 if the hook was called for another reason. */
int ctandem_blob_write_column(sqlite3 *connection);

/* sqlite3_db_config for the options that take a flag: 0, 1, or -1 to ask only. Returns the flag, or -1. */
int ctandem_configure(sqlite3 *connection, int option, int value);

/* What happens to the savepoints of a connection's transaction. Levels count from 0; a statement that may have to
** be taken back in its middle has a level of its own. */
enum {
  CTANDEM_SAVEPOINT_BEGUN = 0,
  CTANDEM_SAVEPOINT_RELEASED = 1,
  CTANDEM_SAVEPOINT_ROLLED_BACK = 2,
  CTANDEM_TRANSACTION_COMMITS = 3,
  CTANDEM_TRANSACTION_ROLLED_BACK = 4
};

/* Only the answer to CTANDEM_TRANSACTION_COMMITS matters: 0 lets the COMMIT go on; anything else makes it fail with
** SQLITE_BUSY, and the transaction stays open as it was. */
typedef int (*ctandem_savepoint_hook)(void *context, int event, int level);

/*
** Adds a virtual table of the given name that takes no rows. After an INSERT into it, for the rest of the
** transaction, SQLite calls the hook with everything that happens to savepoints. Returns a result code.
*/
int ctandem_add_savepoint_watch(sqlite3 *connection, const char *name, ctandem_savepoint_hook hook, void *context);

/*
** Reading from files without waiting for the disk, for threads on which others depend. After the first call, which
** concerns all connections of the process, a thread can say that SQLite is to give up rather than wait (1), and that it
** may wait again (0): a statement that meets a page that is not in memory fails with SQLITE_IOERR_READ meanwhile. Where
** the system cannot tell, SQLite waits all the same.
*/
void ctandem_prepare_reading_without_waiting(void);
void ctandem_read_without_waiting(int flag);

/* Whether SQLite has given up on this thread since it was last told to. */
int ctandem_has_refused_to_wait(void);

/* The index of the write-ahead log of the database that a connection reads, which all of its connections in all processes
** share; valid until the connection is closed. NULL if there is none, or it has not read yet. */
const volatile uint32_t *ctandem_wal_index(sqlite3 *connection);

/* Which transaction has committed last, and how far the write-ahead log has been copied into the database. */
typedef struct {
  uint32_t words[13];
} ctandem_wal_state;

void ctandem_wal_look(const volatile uint32_t *index, ctandem_wal_state *state);

/* Whether nothing has been committed, and nothing copied, since `state` was looked at. */
int ctandem_wal_is_still(const volatile uint32_t *index, const ctandem_wal_state *state);

/*
** The hash of a row (docs/LOG-FORMAT.md): SipHash-2-4 under `key` of the rowid, unless that is NULL, and the values.
** `is_real` says of each value whether its column has REAL affinity.
*/
uint64_t ctandem_row_hash(
  const uint64_t key[2], const int64_t *rowid, const ctandem_value *values, const uint8_t *is_real, int32_t count);

/* Has SQLite count no memory: the count takes a lock, shared by all threads, at each allocation and release. It has an
** effect only before anything else in this process has used SQLite, and does no harm afterwards. */
void ctandem_configure_library(void);

/* Hands the pages that were freed back to the system, where the C library would keep them. */
void ctandem_give_memory_back(void);

#endif
