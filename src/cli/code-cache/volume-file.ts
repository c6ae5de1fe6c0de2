/** A volume of regions on disk, all parts beginning at a multiple of four bytes. */
export interface VolumeFile {
  /** See code-library/volume.ts. */
  readonly description: Uint8Array<ArrayBuffer>;
  /** The module of WebAssembly. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** V8's code for it; empty: none. */
  readonly native: Uint8Array<ArrayBuffer>;
}

const magic = 0x5a56_4631;
const headerSize = 20;

const padded = (length: number): number => (length + 3) & ~3;

export function encodeVolumeFile({ description, module, native }: VolumeFile): Uint8Array {
  const parts = [description, module, native];
  const bytes = new Uint8Array(headerSize + parts.reduce((sum, p) => sum + padded(p.length), 0));
  let at = headerSize;
  for (const part of parts) {
    bytes.set(part, at);
    at += padded(part.length);
  }
  const header = new Int32Array(bytes.buffer, 0, headerSize / 4);
  header.set([magic, ...parts.map((p) => p.length), checksum(new Int32Array(bytes.buffer, headerSize))]);
  return bytes;
}

/** The parts of a volume's file; undefined when it isn't whole. */
export function decodeVolumeFile(file: Uint8Array): VolumeFile | undefined {
  if (file.length < headerSize || file.length % 4 !== 0) return undefined;
  const { buffer } = file.byteOffset % 4 === 0 && file.buffer instanceof ArrayBuffer ? file : file.slice();
  const base = buffer === file.buffer ? file.byteOffset : 0;
  const [found, ...rest] = new Int32Array(buffer, base, headerSize / 4);
  const [descriptionLength = 0, moduleLength = 0, nativeLength = 0, sum] = rest;
  if (found !== magic) return undefined;
  let at = base + headerSize;
  const part = (length: number): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(buffer as ArrayBuffer, at, length);
    at += padded(length);
    return bytes;
  };
  if (headerSize + padded(descriptionLength) + padded(moduleLength) + padded(nativeLength) !== file.length)
    return undefined;
  if (checksum(new Int32Array(buffer, base + headerSize, (file.length - headerSize) / 4)) !== sum) return undefined;
  return { description: part(descriptionLength), module: part(moduleLength), native: part(nativeLength) };
}

/** Tells a damaged file from a whole one; nobody else's files are here. */
function checksum(words: Int32Array): number {
  let sum = 0x811c_9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x0100_0193);
  return sum;
}
