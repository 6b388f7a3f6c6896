#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

/* Declared by glibc for GNU sources only. */
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

/* A descriptor that wakes a thread which polls it; -1 and errno on failure. */
static inline int tandem_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
