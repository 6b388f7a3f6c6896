#include "include/ctandemsqlite.h"

#include <stdatomic.h>

/* "The WAL-Index File Format" (https://sqlite.org/walformat.html): the first copy of the header takes the bytes 0 to 47;
** nBackfill lies at 96. The header's copies are both written when a transaction commits, the first one last. */
enum { HEADER_WORDS = 12, BACKFILL_WORD = 24, REGION_BYTES = 32768 };

const volatile uint32_t *ctandem_wal_index(sqlite3 *connection) {
  sqlite3_file *file = 0;
  void volatile *region = 0;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return 0;
  if (file == 0 || file->pMethods == 0 || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == 0) return 0;
  if (file->pMethods->xShmMap(file, 0, REGION_BYTES, 0, &region) != SQLITE_OK) return 0;
  return region;
}

void ctandem_wal_look(const volatile uint32_t *index, ctandem_wal_state *state) {
  for (int word = 0; word < HEADER_WORDS; word++) state->words[word] = index[word];
  state->words[HEADER_WORDS] = index[BACKFILL_WORD];
  atomic_thread_fence(memory_order_acquire);
}

int ctandem_wal_is_still(const volatile uint32_t *index, const ctandem_wal_state *state) {
  atomic_thread_fence(memory_order_acquire);
  for (int word = 0; word < HEADER_WORDS; word++) {
    if (state->words[word] != index[word]) return 0;
  }
  return state->words[HEADER_WORDS] == index[BACKFILL_WORD];
}
