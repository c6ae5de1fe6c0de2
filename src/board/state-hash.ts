/** A named part of the machine's state. */
export interface StatePart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * One 64-bit number (16 hexadecimal digits) for a machine's state: XXH64 with seed 0 over each part's name, length and
 * bytes in turn. Names make two machines with different parts differ, whatever the bytes.
 */
export async function hashState(parts: Iterable<StatePart>): Promise<string> {
  // Loaded when it is wanted: few runs hash, and all would wait for it.
  const { createXXHash64 } = await import("hash-wasm");
  const hash = await createXXHash64();
  const length = new Uint8Array(8);
  for (const { name, bytes } of parts) {
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
    hash.update(new TextEncoder().encode(`${name}\0`));
    hash.update(length);
    hash.update(bytes);
  }
  return hash.digest("hex");
}
