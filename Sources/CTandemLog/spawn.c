#define _GNU_SOURCE
#include "ctandemlog.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#define environ (*_NSGetEnviron())
#else
extern char **environ;
#endif

static int prepare(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *files) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  int code = posix_spawnattr_setpgroup(attributes, 0);
  if (code == 0) code = posix_spawnattr_setsigmask(attributes, &none);
  if (code == 0) code = posix_spawnattr_setsigdefault(attributes, &all);
  if (code == 0) code = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
#if defined(__APPLE__)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
  for (int file = 1; code == 0 && file <= 2; file++) code = posix_spawn_file_actions_addinherit_np(files, file);
#else
  if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(files, 3);
#endif
  if (code == 0) code = posix_spawnattr_setflags(attributes, flags);
  return code;
}

int ctandemlog_spawn(const char *program, char *const *arguments, int *process) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  int code = posix_spawnattr_init(&attributes);
  if (code != 0) return code;
  code = posix_spawn_file_actions_init(&files);
  if (code == 0) {
    pid_t id = 0;
    code = prepare(&attributes, &files);
    if (code == 0) code = posix_spawn(&id, program, &files, &attributes, arguments, environ);
    *process = id;
    posix_spawn_file_actions_destroy(&files);
  }
  posix_spawnattr_destroy(&attributes);
  return code;
}
