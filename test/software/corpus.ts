/** Deterministic bytes that compress like text: words of a Zipf-like distribution, with line ends. */
export function corpus(length: number): Uint8Array {
  const random = xorshift(0x2545f491);
  const words = Array.from({ length: 4096 }, () => {
    const size = 2 + (random() % 9);
    return Array.from({ length: size }, () => String.fromCharCode(97 + (random() % 26))).join("");
  });
  const bytes = new Uint8Array(length);
  let column = 0;
  let at = 0;
  while (at < length) {
    // The product of two uniform numbers makes low ranks frequent.
    const rank = Math.floor(((random() % 4096) * (random() % 4096)) / 4096);
    for (const character of words[rank]!) if (at < length) bytes[at++] = character.charCodeAt(0);
    column++;
    if (at < length) bytes[at++] = column % 12 === 0 ? 0x0a : 0x20;
  }
  bytes[length - 1] = 0x0a;
  return bytes;
}

/** Marsaglia's 32-bit xorshift: the next number, unsigned. */
function xorshift(state: number): () => number {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
