/* SHA-256 (FIPS 180-4). */
#ifndef SHA256_H
#define SHA256_H
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t length;
};

void sha256_start(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, uint64_t size);
void sha256_end(struct sha256 *hash, uint8_t digest[32]);

#endif
