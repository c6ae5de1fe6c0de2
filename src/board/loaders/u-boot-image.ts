import { hex, LoadError, type LoadedImage } from "./image.js";

/** The header of U-Boot's legacy image format, 64 bytes, big-endian (U-Boot, include/image.h). */
const Header = {
  magic: 0,
  dataSize: 12,
  load: 16,
  entry: 20,
  system: 28,
  machine: 29,
  type: 30,
  compression: 31,
} as const;
const headerSize = 64;
const magic = 0x2705_1956;
const linux = 5;
const arm64 = 22;
const kernel = 2;
const Compression = { none: 0, gzip: 1 } as const;

export function isUBootImage(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(Header.magic) === magic;
}

/** The same image with its content unpacked, when it is compressed with gzip. Throws {@link LoadError}. */
export async function unpackUBootImage(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[Header.compression] !== Compression.gzip) return bytes;
  const { gunzipSync } = await import("fflate");
  let content: Uint8Array;
  try {
    content = gunzipSync(contentOf(bytes));
  } catch (error) {
    if (error instanceof LoadError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new LoadError(`the uImage is compressed with gzip, and damaged (${why})`);
  }
  const unpacked = new Uint8Array(headerSize + content.length);
  unpacked.set(bytes.subarray(0, headerSize));
  unpacked.set(content, headerSize);
  viewOf(unpacked).setUint32(Header.dataSize, content.length);
  unpacked[Header.compression] = Compression.none;
  return unpacked;
}

/** Reads a kernel in U-Boot's legacy image format, not compressed. Throws {@link LoadError}. */
export function loadUBootImage(bytes: Uint8Array): LoadedImage {
  const content = contentOf(bytes);
  const view = viewOf(bytes);
  const [machine, type, compression] = [bytes[Header.machine], bytes[Header.type], bytes[Header.compression]];
  if (machine !== arm64) throw new LoadError(`the uImage is for architecture ${machine}, not for arm64 (${arm64})`);
  if (type !== kernel)
    throw new LoadError(`the uImage is of type ${type}, not a kernel with a load address (${kernel})`);
  if (compression !== Compression.none)
    throw new LoadError(`the uImage is compressed in a way (${compression}) that can't be unpacked; gzip can`);
  return {
    protocol: bytes[Header.system] === linux ? "linux" : "elf",
    description: "a U-Boot uImage",
    segments: [{ address: view.getUint32(Header.load), bytes: content, size: content.length }],
    entry: view.getUint32(Header.entry),
  };
}

function contentOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length < headerSize) throw new LoadError(`the uImage is cut short: its header has ${headerSize} bytes`);
  const end = headerSize + viewOf(bytes).getUint32(Header.dataSize);
  if (end > bytes.length)
    throw new LoadError(
      `the uImage is cut short: its data would end at byte ${hex(end)}, the file has ${hex(bytes.length)}`,
    );
  return bytes.subarray(headerSize, end);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
