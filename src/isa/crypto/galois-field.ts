/** Arithmetic in the field that AES is defined over: polynomials modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, section 4). */

export function multiply(a: number, b: number): number {
  let product = 0;
  for (let x = a, y = b; y > 0; y >>= 1) {
    if (y & 1) product ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return product;
}

export function power(a: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = multiply(result, a);
  return result;
}

/** Multiplicative inverse; 0 gives 0. */
export function inverse(a: number): number {
  return power(a, 254);
}

/** The linear part of the S-box's affine transformation (FIPS 197, section 5.1.1). */
export function affine(a: number): number {
  const doubled = a | (a << 8);
  let result = 0;
  for (const by of [0, 4, 5, 6, 7]) result ^= doubled >> by;
  return result & 0xff;
}

/** The inverse of {@link affine}. */
export function inverseAffine(a: number): number {
  const doubled = a | (a << 8);
  return ((doubled >> 2) ^ (doubled >> 5) ^ (doubled >> 7)) & 0xff;
}
