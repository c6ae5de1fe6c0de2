/** An ELF executable for AArch64 with one segment, `words`, at the start of RAM, where it begins. */
export function program(...words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(120 + words.length * 4);
  const view = new DataView(bytes.buffer);
  const start = 0x4000_0000n;
  const size = BigInt(words.length * 4);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  // e_type EXEC, e_machine AArch64; one program header, right after this one.
  view.setUint32(16, 2 | (183 << 16), true);
  view.setBigUint64(24, start, true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(54, 56 | (1 << 16), true);
  // PT_LOAD: offset, virtual and physical address, size in the file and in memory.
  view.setUint32(64, 1, true);
  for (const [i, value] of [120n, start, start, size, size].entries()) view.setBigUint64(72 + i * 8, value, true);
  for (const [i, word] of words.entries()) view.setUint32(120 + i * 4, word >>> 0, true);
  return bytes;
}
