// Records what a process does to the files below one folder: writes, flushes, new names. Loaded by LD_PRELOAD; the journal
// is read by power_loss.py, which makes of it what a power cut at any moment would have left.
//
// A record: kind, time (CLOCK_MONOTONIC, when the call had returned), offset, and two texts or a path and bytes, each with
// its length. One lock around call and record, among the threads of a process and among the processes that write the
// journal: it has the order in which the calls took effect, and whoever reads it under the lock finds whole records.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, FLUSH, TRUNCATE, RENAME, REMOVE, CREATE, FOLDER, EXTEND };

struct head {
  uint32_t kind, first, second;  // the lengths of what follows
  uint32_t reserved;
  uint64_t time;
  int64_t offset;
};

static const char *root;
static size_t root_length;
static int journal = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((typeof(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void prepare(void) {
  root = getenv("TANDEM_RECORD_ROOT");
  const char *path = getenv("TANDEM_RECORD_JOURNAL");
  if (!root || !path) return;
  root_length = strlen(root);
  journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  return journal >= 0 && path && strncmp(path, root, root_length) == 0
      && (path[root_length] == '/' || path[root_length] == 0);
}

// The path of an open file, without what Linux adds to removed ones; 0 if it is not ours.
static int path_of(int file, char *path) {
  if (journal < 0) return 0;
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, 4095);
  if (length <= 0) return 0;
  path[length] = 0;
  char *deleted = strstr(path, " (deleted)");
  if (deleted) return 0;
  return is_ours(path);
}

static void begin(void) {
  pthread_mutex_lock(&lock);
  while (flock(journal, LOCK_EX) != 0) {
    if (errno != EINTR) abort();
  }
}

static void end(void) {
  int error = errno;  // The caller looks at that of its own call.
  flock(journal, LOCK_UN);
  pthread_mutex_unlock(&lock);
  errno = error;
}

static void put(const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = REAL(write)(journal, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) abort();  // A journal with holes would prove nothing.
    next += written;
    count -= (size_t)written;
  }
}

static void record(uint32_t kind, const char *path, const void *bytes, size_t count, int64_t offset) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct head head = {kind, (uint32_t)strlen(path), (uint32_t)count, 0,
                      (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, offset};
  put(&head, sizeof head);
  put(path, head.first);
  if (count > 0) put(bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  char path[4096];
  if (!path_of(file, path)) return REAL(pwrite)(file, bytes, count, offset);
  begin();
  ssize_t result = REAL(pwrite)(file, bytes, count, offset);
  if (result > 0) record(WRITE, path, bytes, (size_t)result, offset);
  end();
  return result;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) { return pwrite(file, bytes, count, offset); }

ssize_t write(int file, const void *bytes, size_t count) {
  char path[4096];
  if (!path_of(file, path)) return REAL(write)(file, bytes, count);
  begin();
  off_t offset = lseek(file, 0, SEEK_CUR);
  ssize_t result = REAL(write)(file, bytes, count);
  if (result > 0) record(WRITE, path, bytes, (size_t)result, offset);
  end();
  return result;
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
  char path[4096];
  if (!path_of(file, path)) return REAL(pwritev)(file, parts, count, offset);
  begin();
  ssize_t result = REAL(pwritev)(file, parts, count, offset);
  ssize_t left = result;
  for (int part = 0; part < count && left > 0; part++) {
    size_t size = parts[part].iov_len < (size_t)left ? parts[part].iov_len : (size_t)left;
    if (size > 0) record(WRITE, path, parts[part].iov_base, size, offset);
    offset += (off_t)size;
    left -= (ssize_t)size;
  }
  end();
  return result;
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(file, parts, count, offset);
}

static int flush(int (*call)(int), int file) {
  char path[4096];
  if (!path_of(file, path)) return call(file);
  begin();
  int result = call(file);
  if (result == 0) record(FLUSH, path, NULL, 0, 0);
  end();
  return result;
}

int fsync(int file) { return flush(REAL(fsync), file); }
int fdatasync(int file) { return flush(REAL(fdatasync), file); }

int ftruncate(int file, off_t size) {
  char path[4096];
  if (!path_of(file, path)) return REAL(ftruncate)(file, size);
  begin();
  int result = REAL(ftruncate)(file, size);
  if (result == 0) record(TRUNCATE, path, NULL, 0, size);
  end();
  return result;
}

int ftruncate64(int file, off64_t size) { return ftruncate(file, size); }

int fallocate(int file, int mode, off_t offset, off_t size) {
  char path[4096];
  if (!path_of(file, path)) return REAL(fallocate)(file, mode, offset, size);
  begin();
  int result = REAL(fallocate)(file, mode, offset, size);
  if (result == 0) record(EXTEND, path, NULL, 0, offset + size);
  end();
  return result;
}

int fallocate64(int file, int mode, off64_t offset, off64_t size) { return fallocate(file, mode, offset, size); }

int rename(const char *from, const char *to) {
  if (!is_ours(from)) return REAL(rename)(from, to);
  begin();
  int result = REAL(rename)(from, to);
  if (result == 0) record(RENAME, from, to, strlen(to), 0);
  end();
  return result;
}

int unlink(const char *path) {
  if (!is_ours(path)) return REAL(unlink)(path);
  begin();
  int result = REAL(unlink)(path);
  if (result == 0) record(REMOVE, path, NULL, 0, 0);
  end();
  return result;
}

int mkdir(const char *path, mode_t mode) {
  if (!is_ours(path)) return REAL(mkdir)(path, mode);
  begin();
  int result = REAL(mkdir)(path, mode);
  if (result == 0) record(FOLDER, path, NULL, 0, 0);
  end();
  return result;
}

static int open_recorded(const char *path, int flags, mode_t mode) {
  if (!is_ours(path) || !(flags & (O_CREAT | O_TRUNC))) return REAL(open)(path, flags, mode);
  begin();
  int is_new = access(path, F_OK) != 0;
  int result = REAL(open)(path, flags, mode);
  if (result >= 0 && is_new) record(CREATE, path, NULL, 0, 0);
  if (result >= 0 && !is_new && (flags & O_TRUNC)) record(TRUNCATE, path, NULL, 0, 0);
  end();
  return result;
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_recorded(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return open_recorded(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (path[0] == '/' || folder == AT_FDCWD) return open_recorded(path, flags, mode);
  return REAL(openat)(folder, path, flags, mode);
}
