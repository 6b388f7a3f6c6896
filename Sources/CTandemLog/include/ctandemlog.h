#ifndef CTANDEMLOG_H
#define CTANDEMLOG_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `count` bytes, continuing from `crc`
/// (0 to begin). Uses the processor's instruction where there is one.
uint32_t ctandemlog_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
