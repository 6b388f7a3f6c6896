#pragma once

#include <libpq-fe.h>
#include <sys/eventfd.h>

/* A descriptor that wakes a thread which polls it; -1 and errno on failure. */
static inline int cpq_wake_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
