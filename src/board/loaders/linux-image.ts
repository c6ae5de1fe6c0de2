import { hex, LoadError, type LoadedImage, type RamRange } from "./image.js";

/** "ARM\x64" at byte 56 of an arm64 Image (Linux, Documentation/arm64/booting.rst). */
const imageMagic = 0x644d5241;
const headerSize = 64;
/** Kernels without an `image_size` and raw binaries go here, as older kernels expected. */
const defaultTextOffset = 0x8_0000;
/** QEMU keeps its own boot code in the first page, so images with a smaller offset go 2 MB up. */
const bootPage = 0x1000;
const granule = 0x20_0000;

export function isLinuxImage(bytes: Uint8Array): boolean {
  return bytes.length >= headerSize && viewOf(bytes).getUint32(56, true) === imageMagic;
}

/** Places an arm64 Image where QEMU would. */
export function loadLinuxImage(bytes: Uint8Array, ram: RamRange): LoadedImage {
  const view = viewOf(bytes);
  const imageSize = Number(view.getBigUint64(16, true));
  const flags = view.getUint32(24, true);
  if ((flags & 1) !== 0) throw new LoadError("the kernel is a big-endian arm64 Image; only little-endian ones can run");
  let offset = imageSize === 0 ? defaultTextOffset : Number(view.getBigUint64(8, true));
  if (offset < bootPage) offset += granule;
  if (!Number.isSafeInteger(offset + imageSize))
    throw new LoadError(`the kernel's Image header gives an impossible text_offset (${hex(offset)})`);
  const address = ram.base + offset;
  return {
    protocol: "linux",
    description: "an arm64 Linux Image",
    segments: [{ address, bytes, size: Math.max(imageSize, bytes.length) }],
    entry: address,
  };
}

/** Places bytes that are no format that we know where QEMU would; they are started by the Linux boot protocol. */
export function loadRaw(bytes: Uint8Array, ram: RamRange): LoadedImage {
  const address = ram.base + defaultTextOffset;
  return {
    protocol: "linux",
    description: "a raw binary",
    segments: [{ address, bytes, size: bytes.length }],
    entry: address,
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
