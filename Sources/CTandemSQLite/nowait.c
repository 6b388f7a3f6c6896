#define _GNU_SOURCE
#include "include/ctandemsqlite.h"

#include <errno.h>
#include <pthread.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__linux__) && defined(RWF_NOWAIT)

static __thread int must_not_wait;
static __thread int has_refused;

/* In the place of SQLite's pread: on a thread that must not wait it gives what is in the system's page cache only.
** A part is given as such; SQLite asks for the rest. EAGAIN is not among the codes that SQLite takes for a broken
** disk, so that the statement fails with SQLITE_IOERR_READ, and the connection is as good as before. */
static ssize_t read_from_cache(int file, void *bytes, size_t count, off_t offset) {
  if (must_not_wait) {
    struct iovec part = {bytes, count};
    ssize_t length = preadv2(file, &part, 1, offset, RWF_NOWAIT);
    if (length >= 0) return length;
    if (errno == EAGAIN) {
      has_refused = 1;
      return -1;
    }
    /* A file system that cannot tell: it is read as on any other thread. */
  }
  return pread(file, bytes, count, offset);
}

static void install(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
  if (vfs == 0 || vfs->iVersion < 3) return;
  /* The one that this SQLite was compiled for; it does not know the other. */
  if (vfs->xSetSystemCall(vfs, "pread64", (sqlite3_syscall_ptr)read_from_cache) != SQLITE_OK) {
    vfs->xSetSystemCall(vfs, "pread", (sqlite3_syscall_ptr)read_from_cache);
  }
}

void ctandem_prepare_reading_without_waiting(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

void ctandem_read_without_waiting(int flag) {
  must_not_wait = flag;
  if (flag) has_refused = 0;
}

int ctandem_has_refused_to_wait(void) { return has_refused; }

#else

void ctandem_prepare_reading_without_waiting(void) {}
void ctandem_read_without_waiting(int flag) { (void)flag; }
int ctandem_has_refused_to_wait(void) { return 0; }

#endif
