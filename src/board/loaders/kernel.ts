import { isElf, loadElf } from "./elf.js";
import { LoadError, type LoadedImage, type RamRange } from "./image.js";
import { isLinuxImage, loadLinuxImage, loadRaw } from "./linux-image.js";
import { isUBootImage, loadUBootImage, unpackUBootImage } from "./u-boot-image.js";

/** Formats that are kernels, but not ours: how to tell them, and what to say. */
const foreignFormats: readonly { readonly at: number; readonly magic: readonly number[]; readonly says: string }[] = [
  {
    at: 4,
    magic: [0x7a, 0x69, 0x6d, 0x67],
    says: "an EFI zboot image; unpack it first, or use the kernel's arch/arm64/boot/Image",
  },
  {
    at: 0,
    magic: [0xd0, 0x0d, 0xfe, 0xed],
    says: "a device tree blob or FIT image; an Image, a gzip'ed Image or an ELF executable is wanted",
  },
  { at: 0x24, magic: [0x18, 0x28, 0x6f, 0x01], says: "a 32-bit Arm zImage; AArch32 isn't offered" },
  { at: 0x202, magic: [0x48, 0x64, 0x72, 0x53], says: "an x86 Linux bzImage, not an AArch64 kernel" },
  { at: 0, magic: [0xfd, 0x37, 0x7a, 0x58], says: "compressed with xz; unpack it first" },
  { at: 0, magic: [0x28, 0xb5, 0x2f, 0xfd], says: "compressed with zstd; unpack it first" },
];

/**
 * What a kernel file holds: itself, or the arm64 Image that it is when it is compressed with gzip, or a uImage with its
 * content unpacked. Throws {@link LoadError}.
 */
export async function unpackKernel(bytes: Uint8Array): Promise<Uint8Array> {
  if (isUBootImage(bytes)) return unpackUBootImage(bytes);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  // Loaded when it is wanted: it takes long enough to be seen in the start of the others.
  const { gunzipSync } = await import("fflate");
  let plain: Uint8Array;
  try {
    plain = gunzipSync(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LoadError(`the kernel is compressed with gzip, and damaged or cut short (${why})`);
  }
  if (!isLinuxImage(plain)) throw new LoadError("the kernel is compressed with gzip, but holds no arm64 Image");
  return plain;
}

/**
 * Recognises a kernel by its content (ELF64 for AArch64, uImage, arm64 Image, and everything else as a raw binary) and says where
 * it goes. Throws {@link LoadError}.
 */
export function loadKernel(bytes: Uint8Array, ram: RamRange): LoadedImage {
  if (bytes.length === 0) throw new LoadError("the kernel file is empty");
  if (isElf(bytes)) return loadElf(bytes);
  if (isUBootImage(bytes)) return loadUBootImage(bytes);
  if (isLinuxImage(bytes)) return loadLinuxImage(bytes, ram);
  for (const { at, magic, says } of foreignFormats)
    if (magic.every((byte, i) => bytes[at + i] === byte)) throw new LoadError(`the kernel is ${says}`);
  return loadRaw(bytes, ram);
}
