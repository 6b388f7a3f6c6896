#define _GNU_SOURCE
#include "ctandemlog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int ctandemlog_synchronize(int file) {
  int result;
#if defined(__APPLE__)
  // fsync of this system leaves the bytes in the drive's cache.
  do result = fcntl(file, F_FULLFSYNC);
  while (result != 0 && errno == EINTR);
#else
  do result = fdatasync(file);
  while (result != 0 && errno == EINTR);
#endif
  return result == 0 ? 0 : errno;
}

int ctandemlog_allocate(int file, int64_t size) {
#if defined(__linux__)
  int result;
  do result = fallocate(file, 0, 0, size);
  while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
#endif
  struct stat status;
  if (fstat(file, &status) != 0) return errno;
  if (status.st_size >= size) return 0;
  return ftruncate(file, size) == 0 ? 0 : errno;
}

int ctandemlog_write_back(int file, int64_t offset, int64_t count) {
#if defined(__linux__)
  unsigned flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (sync_file_range(file, offset, count, flags) == 0 || errno == ENOSYS || errno == ESPIPE) return 0;
  return errno;
#else
  (void)file, (void)offset, (void)count;
  return 0;
#endif
}

#if defined(__linux__)
int ctandemlog_size(int file, int64_t *size) {
  struct statx status;
  if (statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &status) != 0) return errno;
  *size = (int64_t)status.stx_size;
  return 0;
}

int ctandemlog_is_in_place(int file, const char *path) {
  struct statx own, named;
  if (statx(file, "", AT_EMPTY_PATH, STATX_INO, &own) != 0) return 0;
  if (statx(AT_FDCWD, path, 0, STATX_INO, &named) != 0) return 0;
  return own.stx_dev_major == named.stx_dev_major && own.stx_dev_minor == named.stx_dev_minor &&
         own.stx_ino == named.stx_ino;
}
#else
int ctandemlog_size(int file, int64_t *size) {
  struct stat status;
  if (fstat(file, &status) != 0) return errno;
  *size = status.st_size;
  return 0;
}

int ctandemlog_is_in_place(int file, const char *path) {
  struct stat own, named;
  if (fstat(file, &own) != 0 || stat(path, &named) != 0) return 0;
  return own.st_dev == named.st_dev && own.st_ino == named.st_ino;
}
#endif

int ctandemlog_is_open_once(int file) {
#ifdef F_SETLEASE
  // The kernel grants the lease to who is alone. Of whoever opens the file in that moment it tells by a signal, which by
  // default would be the end of the process.
  if (fcntl(file, F_SETSIG, SIGURG) != 0) return 0;
  if (fcntl(file, F_SETLEASE, F_WRLCK) != 0) return 0;
  fcntl(file, F_SETLEASE, F_UNLCK);
  return 1;
#else
  (void)file;
  return 0;
#endif
}

struct thread_start {
  void (*body)(void *);
  void *argument;
};

static void *run_thread(void *pointer) {
  struct thread_start start = *(struct thread_start *)pointer;
  free(pointer);
  start.body(start.argument);
  return NULL;
}

int ctandemlog_open_nameless(const char *folder) {
#ifdef O_TMPFILE
  int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
#endif
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/nameless-XXXXXX", folder);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int named = mkstemp(path);
  if (named < 0) return -1;
  fcntl(named, F_SETFD, FD_CLOEXEC);
  unlink(path);
  return named;
}

int ctandemlog_start_thread(void (*body)(void *), void *argument) {
  struct thread_start *start = malloc(sizeof *start);
  if (!start) return ENOMEM;
  start->body = body;
  start->argument = argument;
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run_thread, start);
  if (error) {
    free(start);
    return error;
  }
  pthread_detach(thread);
  return 0;
}

void ctandemlog_wait(void *condition, void *mutex, int milliseconds) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_cond_timedwait(condition, mutex, &until);
}
