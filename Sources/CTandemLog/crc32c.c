#include "ctandemlog.h"

#include <string.h>

static uint32_t crc32c_table(uint32_t crc, const unsigned char *p, size_t n) {
  static uint32_t table[256];
  static int ready;
  if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
    // Every thread that gets here computes the same values, so a race writes nothing new.
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t c = i;
      for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0x82F63B78u & (0u - (c & 1)));
      table[i] = c;
    }
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  }
  while (n--) crc = table[(crc ^ *p++) & 0xFF] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const unsigned char *p, size_t n) {
  uint64_t c = crc;
  while (n >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    c = __builtin_ia32_crc32di(c, word);
    p += 8;
    n -= 8;
  }
  while (n--) c = __builtin_ia32_crc32qi((uint32_t)c, *p++);
  return (uint32_t)c;
}
static int has_hardware(void) { return __builtin_cpu_supports("sse4.2"); }
#else
static uint32_t crc32c_hardware(uint32_t crc, const unsigned char *p, size_t n) { return crc32c_table(crc, p, n); }
static int has_hardware(void) { return 0; }
#endif

uint32_t ctandemlog_crc32c(uint32_t crc, const void *bytes, size_t count) {
  static int hardware = -1;
  int h = __atomic_load_n(&hardware, __ATOMIC_RELAXED);
  if (h < 0) {
    h = has_hardware();
    __atomic_store_n(&hardware, h, __ATOMIC_RELAXED);
  }
  crc = ~crc;
  crc = h ? crc32c_hardware(crc, bytes, count) : crc32c_table(crc, bytes, count);
  return ~crc;
}
