#include "sha256.h"

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value >> by | value << (32 - by);
}

static void compress(struct sha256 *hash)
{
    uint32_t w[64], s[8];
    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)hash->block[4 * t] << 24 | (uint32_t)hash->block[4 * t + 1] << 16 | (uint32_t)hash->block[4 * t + 2] << 8
               | hash->block[4 * t + 3];
    for (unsigned t = 16; t < 64; t++)
        w[t] = w[t - 16] + w[t - 7] + (rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3)
               + (rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10);
    for (unsigned n = 0; n < 8; n++)
        s[n] = hash->state[n];
    for (unsigned t = 0; t < 64; t++) {
        const uint32_t a = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[t]
                           + w[t];
        const uint32_t b = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (unsigned n = 7; n > 0; n--)
            s[n] = s[n - 1];
        s[4] += a;
        s[0] = a + b;
    }
    for (unsigned n = 0; n < 8; n++)
        hash->state[n] += s[n];
}

void sha256_start(struct sha256 *hash)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (unsigned n = 0; n < 8; n++)
        hash->state[n] = initial[n];
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *data, uint64_t size)
{
    for (const uint8_t *p = data; size--; p++) {
        hash->block[hash->length++ % 64] = *p;
        if (hash->length % 64 == 0)
            compress(hash);
    }
}

void sha256_end(struct sha256 *hash, uint8_t digest[32])
{
    const uint64_t bits = hash->length * 8;
    sha256_add(hash, "\x80", 1);
    while (hash->length % 64 != 56)
        sha256_add(hash, "", 1);
    for (unsigned n = 8; n-- > 0;)
        sha256_add(hash, &(uint8_t){(uint8_t)(bits >> 8 * n)}, 1);
    for (unsigned n = 0; n < 32; n++)
        digest[n] = (uint8_t)(hash->state[n / 4] >> (24 - n % 4 * 8));
}
