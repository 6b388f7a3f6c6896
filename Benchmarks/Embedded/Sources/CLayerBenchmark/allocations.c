/* malloc and its like for the whole process, so that they can be counted; glibc's own do the work. */
#include "layerbenchmark.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_int is_counting;
static atomic_long allocations, releases;

static void add(atomic_long *counter) {
    if (atomic_load_explicit(&is_counting, memory_order_relaxed))
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
    add(&allocations);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    add(&allocations);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    add(&allocations);
    if (memory) add(&releases);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    add(&allocations);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    void *made = memalign(alignment, size);
    if (!made) return ENOMEM;
    *memory = made;
    return 0;
}

void free(void *memory) {
    if (memory) add(&releases);
    __libc_free(memory);
}

void count_allocations(int is_on) { atomic_store(&is_counting, is_on); }

struct allocation_counts allocation_counts(void) {
    return (struct allocation_counts){atomic_load(&allocations), atomic_load(&releases)};
}

long allocated_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return (long)(info.uordblks + info.hblkhd);
}
