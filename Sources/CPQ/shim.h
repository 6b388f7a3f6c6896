#pragma once

#include <libpq-fe.h>
#include <poll.h>

/* Whether there is something to read, or an end to be noticed, without waiting. */
static inline int cpq_is_readable(int descriptor) {
    struct pollfd events = {.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&events, 1, 0) > 0;
}
