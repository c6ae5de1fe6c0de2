/** One piece of an image and where in guest-physical memory it goes; the rest of `size` is zeros. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** An image as the loaders understood it. */
export interface LoadedImage {
  /** `linux`: started by the Linux boot protocol; `elf`: entered as it is. */
  readonly protocol: "linux" | "elf";
  /** As `info` and errors call it ("an arm64 Linux Image"). */
  readonly description: string;
  readonly segments: readonly Segment[];
  readonly entry: number;
}

/** What is wrong with a kernel, initrd or device tree, or with their places: one sentence. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** The part of the address space that images may be loaded into. */
export interface RamRange {
  readonly base: number;
  readonly size: number;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
