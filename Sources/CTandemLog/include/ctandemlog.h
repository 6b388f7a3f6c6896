#ifndef CTANDEMLOG_H
#define CTANDEMLOG_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `count` bytes, continuing from `crc`
/// (0 to begin). Uses the processor's instruction where there is one.
uint32_t ctandemlog_crc32c(uint32_t crc, const void *bytes, size_t count);

// The functions below return 0, or the error number, unless they answer a question.

/// Makes a file's written bytes durable, and its size, but not its times.
int ctandemlog_synchronize(int file);

/// Reserves `size` bytes of disk for a file and makes it at least so long.
int ctandemlog_allocate(int file, int64_t size);

/// Writes a range of a file back to the disk now and waits for it, so that it does not pile up behind the next
/// flush. Makes no promise of durability; does nothing where the system has no such call.
int ctandemlog_write_back(int file, int64_t offset, int64_t count);

/// How long a file is.
///
/// It asks for nothing else: where somebody has read a file's times, the kernel (Linux since 6.13) gives the next write a
/// new one, and each flush then has the inode to write as well as the data (Benchmarks/NOTES.md).
int ctandemlog_size(int file, int64_t *size);

/// Whether `path` still leads to an open file. Asks for no times either.
int ctandemlog_is_in_place(int file, const char *path);

/// Whether nobody else, in this process or another, has an open file open; also 0 where that cannot be told.
int ctandemlog_is_open_once(int file);

/// Opens a new file of no name in a folder, to be written and read; -1 with `errno` where there is none. Not every file system
/// knows such files: there it has one for a moment.
int ctandemlog_open_nameless(const char *folder);

/// Runs `body` with `argument` on a new detached thread.
int ctandemlog_start_thread(void (*body)(void *), void *argument);

/// Waits on a condition at most so many milliseconds; the mutex is held before and after.
void ctandemlog_wait(void *condition, void *mutex, int milliseconds);

/// Starts a program in a process group of its own, whose number is the process's. It has nothing on its standard input, this
/// process's output, none of its other files, and no signal is blocked or ignored in it.
int ctandemlog_spawn(const char *program, char *const *arguments, int *process);

#endif
