#pragma once

#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

/* Declared by glibc for GNU sources only. */
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

/* A descriptor that wakes a thread which polls it; -1 and errno on failure. */
static inline int cpq_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/* Whether there is something to read, or an end to be noticed, without waiting. */
static inline int cpq_is_readable(int descriptor) {
    struct pollfd events = {.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&events, 1, 0) > 0;
}
