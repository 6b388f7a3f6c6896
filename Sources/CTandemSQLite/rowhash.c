#include "ctandemsqlite.h"

#include <string.h>

/*
** SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) over 64-bit words, so that a row is
** hashed value by value where it lies: nothing is copied. docs/LOG-FORMAT.md has the words of a row.
*/

typedef struct {
  uint64_t v0, v1, v2, v3;
  uint64_t length;
} sip_state;

static inline uint64_t rotate(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

static inline void sip_round(sip_state *s) {
  s->v0 += s->v1, s->v1 = rotate(s->v1, 13) ^ s->v0, s->v0 = rotate(s->v0, 32);
  s->v2 += s->v3, s->v3 = rotate(s->v3, 16) ^ s->v2;
  s->v0 += s->v3, s->v3 = rotate(s->v3, 21) ^ s->v0;
  s->v2 += s->v1, s->v1 = rotate(s->v1, 17) ^ s->v2, s->v2 = rotate(s->v2, 32);
}

static inline void sip_compress(sip_state *s, uint64_t word) {
  s->v3 ^= word;
  sip_round(s);
  sip_round(s);
  s->v0 ^= word;
}

static inline void sip_word(sip_state *s, uint64_t word) {
  sip_compress(s, word);
  s->length += 8;
}

static inline uint64_t little_endian(uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap64(word);
#else
  return word;
#endif
}

/* The bytes, filled up with zeros to whole words: their number has gone before. */
static inline void sip_bytes(sip_state *s, const unsigned char *bytes, size_t count) {
  uint64_t word;
  for (; count >= 8; count -= 8, bytes += 8) {
    memcpy(&word, bytes, 8);
    sip_word(s, little_endian(word));
  }
  if (count == 0) return;
  word = 0;
  memcpy(&word, bytes, count);
  sip_word(s, little_endian(word));
}

static inline void sip_value(sip_state *s, const ctandem_value *value, int is_real) {
  uint64_t bits;
  double real;
  switch (value->type) {
    case SQLITE_INTEGER:
      /* A whole number in a column of REAL affinity is stored as an integer, and read as what it stands for. */
      if (!is_real) {
        sip_word(s, 1);
        sip_word(s, (uint64_t)value->integer);
        break;
      }
      real = (double)value->integer;
      memcpy(&bits, &real, 8);
      sip_word(s, 2);
      sip_word(s, bits);
      break;
    case SQLITE_FLOAT:
      memcpy(&bits, &value->real, 8);
      sip_word(s, 2);
      sip_word(s, bits);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
      sip_word(s, (value->type == SQLITE_TEXT ? 3 : 4) | (uint64_t)(uint32_t)value->count << 8);
      sip_bytes(s, value->bytes, (size_t)(uint32_t)value->count);
      break;
    default: sip_word(s, 0); break;
  }
}

uint64_t ctandem_row_hash(
  const uint64_t key[2], const int64_t *rowid, const ctandem_value *values, const uint8_t *is_real, int32_t count) {
  sip_state s = {
    key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL, key[0] ^ 0x6c7967656e657261ULL,
    key[1] ^ 0x7465646279746573ULL, 0};
  if (rowid) sip_word(&s, (uint64_t)*rowid);
  for (int32_t i = 0; i < count; i++) sip_value(&s, &values[i], is_real[i]);
  sip_compress(&s, s.length << 56);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; i++) sip_round(&s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
