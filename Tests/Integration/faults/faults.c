// Makes the flushes and writes of chosen files fail, as a disk would. Loaded into a node by LD_PRELOAD; told what to do,
// while the node runs, through a file that both sides map (faults.py knows its layout, too).
//
// Of the files that are tracked it remembers, page by page, what a power cut would leave: the page as it was when it was
// last flushed. A flush that fails does to a page what Linux does: the page counts as clean from then on, and its
// bytes are not on the disk although reading still finds them. A later flush succeeds and does not write it; only
// writing the page again makes it dirty, and the flush after that durable.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, MAXIMUM_PAGES = 8192, DIRTY = 1, LOST = 2 };

// What is to fail: calls on files whose path matches the pattern (fnmatch), `remaining` more of them.
struct rule {
  uint32_t error;      // errno
  uint32_t remaining;  // UINT32_MAX: all of them
  uint32_t seen;       // calls on matching files since the rule was set
  uint32_t failed;     // of those, failed by the rule
  char pattern[112];
};

struct page {
  uint64_t inode, number;
  uint32_t state;
  uint32_t reserved[3];
  uint8_t durable[PAGE];
};

struct shared {
  struct rule flushes, writes;
  char tracked[128];
  uint32_t page_count;
  uint32_t overflow;  // set when there are more pages than there is room for
  uint8_t reserved[PAGE - 2 * sizeof(struct rule) - 128 - 8];
  struct page pages[MAXIMUM_PAGES];
};

static struct shared *shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);

__attribute__((constructor)) static void prepare(void) {
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  const char *path = getenv("TANDEM_FAULTS");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory != MAP_FAILED) shared = memory;
}

static const char *path_of(int file, char path[PAGE]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PAGE - 1);
  path[length < 0 ? 0 : length] = 0;
  return path;
}

static int matches(const char *pattern, const char *path) { return *pattern && fnmatch(pattern, path, 0) == 0; }

// Whether the call at hand is to fail; sets errno then.
static int fails(struct rule *rule, const char *path) {
  if (!matches(rule->pattern, path)) return 0;
  rule->seen++;
  if (!rule->remaining) return 0;
  if (rule->remaining != UINT32_MAX) rule->remaining--;
  rule->failed++;
  errno = rule->error;
  return 1;
}

static uint64_t inode_of(int file) {
  struct stat status;
  return fstat(file, &status) == 0 ? status.st_ino : 0;
}

static void note_page(int file, uint64_t inode, uint64_t number) {
  for (uint32_t i = 0; i < shared->page_count; i++) {
    struct page *page = &shared->pages[i];
    if (page->inode != inode || page->number != number) continue;
    page->state = DIRTY;
    return;
  }
  if (shared->page_count == MAXIMUM_PAGES) {
    shared->overflow = 1;
    return;
  }
  struct page *page = &shared->pages[shared->page_count];
  memset(page, 0, sizeof *page);
  page->inode = inode;
  page->number = number;
  page->state = DIRTY;
  if (pread(file, page->durable, PAGE, (off_t)(number * PAGE)) < 0) shared->overflow = 1;
  shared->page_count++;
}

// A flush of a tracked file has ended: dirty pages are durable now, or else called clean and lost.
static void note_flush(int file, int failed) {
  uint64_t inode = inode_of(file);
  for (uint32_t i = 0; i < shared->page_count;) {
    struct page *page = &shared->pages[i];
    if (page->inode == inode && page->state == DIRTY) {
      if (!failed) {
        *page = shared->pages[--shared->page_count];
        continue;
      }
      page->state = LOST;
    }
    i++;
  }
}

static int flush(int file, int (*real)(int)) {
  if (!shared) return real(file);
  char path[PAGE];
  path_of(file, path);
  pthread_mutex_lock(&lock);
  int tracked = matches(shared->tracked, path);
  int failed = fails(&shared->flushes, path);
  int error = errno;
  int result = failed ? -1 : real(file);
  if (!failed) error = errno;
  if (tracked) note_flush(file, result != 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int fdatasync(int file) { return flush(file, real_fdatasync); }
int fsync(int file) { return flush(file, real_fsync); }

// A write that fails leaves half of its bytes behind first, as one that runs into a full disk does.
static ssize_t write_at(int file, const void *bytes, size_t count, off_t offset) {
  if (!shared) return real_pwrite(file, bytes, count, offset);
  char path[PAGE];
  path_of(file, path);
  pthread_mutex_lock(&lock);
  int failed = fails(&shared->writes, path);
  int error = errno;
  size_t part = failed ? count / 2 : count;
  if (matches(shared->tracked, path) && part) {
    uint64_t inode = inode_of(file);
    for (uint64_t page = offset / PAGE; page <= (offset + part - 1) / PAGE; page++) note_page(file, inode, page);
  }
  ssize_t result = real_pwrite(file, bytes, part, offset);
  if (!failed) error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return failed ? -1 : result;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  return write_at(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t offset) {
  return write_at(file, bytes, count, offset);
}

ssize_t pwritev(int file, const struct iovec *vectors, int vector_count, off_t offset) {
  size_t total = 0;
  for (int i = 0; i < vector_count; i++) total += vectors[i].iov_len;
  char *bytes = malloc(total ? total : 1);
  if (!bytes) return -1;
  size_t done = 0;
  for (int i = 0; i < vector_count; i++) {
    memcpy(bytes + done, vectors[i].iov_base, vectors[i].iov_len);
    done += vectors[i].iov_len;
  }
  ssize_t result = write_at(file, bytes, total, offset);
  int error = errno;
  free(bytes);
  errno = error;
  return result;
}

ssize_t pwritev64(int file, const struct iovec *vectors, int vector_count, off_t offset) {
  return pwritev(file, vectors, vector_count, offset);
}

ssize_t write(int file, const void *bytes, size_t count) {
  if (!shared || !shared->writes.remaining) return real_write(file, bytes, count);
  char path[PAGE];
  path_of(file, path);
  pthread_mutex_lock(&lock);
  int failed = fails(&shared->writes, path);
  int error = errno;
  pthread_mutex_unlock(&lock);
  if (!failed) return real_write(file, bytes, count);
  errno = error;
  return -1;
}
