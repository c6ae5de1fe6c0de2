import { flashGeometry, memoryMap } from "../memory-map.js";
import { hex, LoadError, type LoadedImage, type RamRange, type Segment } from "./image.js";
import { loadKernel } from "./kernel.js";

/** What goes into RAM before the first instruction, and how the boot PE starts. */
export interface BootPlan {
  readonly pieces: readonly Piece[];
  readonly entry: number;
  /** `linux`: started by the Linux boot protocol, below EL3; `elf`: entered as the PE comes out of reset. */
  readonly protocol: LoadedImage["protocol"];
  /** X0 of the boot PE: the device tree's address under the Linux boot protocol. */
  readonly x0: number;
  readonly description: string;
}

/** Something with a place of its own, and its name for errors. */
export type Piece = Segment & { readonly what: string };

export interface BootImages {
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  /** What else the user put somewhere. */
  readonly others?: readonly Piece[];
  /** Makes the device tree when the initrd's place and the kernel's protocol are known. */
  readonly deviceTree: (
    initrd: { start: number; end: number } | undefined,
    protocol: LoadedImage["protocol"],
  ) => Uint8Array;
}

/** Linux wants the blob inside one 2 MB block (Documentation/arm64/booting.rst). */
const largestDeviceTree = 0x20_0000;
const page = 0x1000;
/** QEMU puts the initrd half-way up, but not further than this from the start of RAM. */
const initrdDistance = 128 * 2 ** 20;

/**
 * Decides where kernel, initrd and device tree go, as QEMU does: the initrd in the middle of RAM (at most 128 MB up)
 * or behind the kernel, the tree in the next 2 MB block; for an ELF executable the tree goes to the start of RAM when
 * there is room below the image. Throws {@link LoadError} when anything lies outside RAM or overlaps.
 */
export function planBoot(images: BootImages, ramSize: number): BootPlan {
  const ram: RamRange = { base: memoryMap.ram.base, size: ramSize };
  const kernel = loadKernel(images.kernel, ram);
  const kernelEnd = Math.max(...kernel.segments.map((s) => s.address + s.size));
  const kernelStart = Math.min(...kernel.segments.map((s) => s.address));
  const pieces: Piece[] = kernel.segments.map((segment, i) => ({
    ...segment,
    what: kernel.segments.length === 1 ? "the kernel" : `loadable segment ${i} of the kernel`,
  }));
  // Before anything is put behind it: a kernel that doesn't fit is the better message.
  for (const piece of pieces) checkInside(piece, ram);

  let initrd: { start: number; end: number } | undefined;
  if (images.initrd) {
    const start = alignUp(
      Math.max(ram.base + Math.min(ramSize / 2, initrdDistance), Math.min(kernelEnd, ram.base + ramSize)),
      page,
    );
    initrd = { start, end: start + images.initrd.length };
    pieces.push({ what: "the initrd", address: start, bytes: images.initrd, size: images.initrd.length });
    checkInside(pieces.at(-1)!, ram);
  }

  const tree = images.deviceTree(initrd, kernel.protocol);
  if (tree.length > largestDeviceTree)
    throw new LoadError(`the device tree is ${tree.length} bytes; Linux takes at most ${largestDeviceTree}`);
  let treeAddress: number | undefined;
  if (kernel.protocol === "linux") {
    const after = initrd?.end ?? Math.max(ram.base + Math.min(ramSize / 2, initrdDistance), kernelEnd);
    treeAddress = alignUp(after, largestDeviceTree);
  } else if (kernelStart >= ram.base + tree.length || kernelEnd <= ram.base) {
    treeAddress = ram.base;
  }
  if (treeAddress !== undefined)
    pieces.push({ what: "the device tree", address: treeAddress, bytes: tree, size: tree.length });

  for (const piece of pieces) checkInside(piece, ram);
  const { others = [] } = images;
  for (const piece of others) checkLoadable(piece, ram);
  const all = [...pieces, ...others];
  checkApart(all);
  return {
    pieces: all,
    entry: kernel.entry,
    protocol: kernel.protocol,
    x0: kernel.protocol === "linux" ? (treeAddress ?? 0) : 0,
    description: kernel.description,
  };
}

/**
 * Where things go on a machine that starts at address 0, or where a loader's image says: the device tree at the start of RAM,
 * as firmware expects it.
 */
export function planFirmwareBoot(tree: Uint8Array, others: readonly Piece[], ramSize: number): BootPlan {
  const ram: RamRange = { base: memoryMap.ram.base, size: ramSize };
  const treePiece: Piece = { what: "the device tree", address: ram.base, bytes: tree, size: tree.length };
  checkInside(treePiece, ram);
  for (const piece of others) checkLoadable(piece, ram);
  // As with an ELF executable, what the user puts there wins.
  const covered = others.some(
    ({ address, size }) => size > 0 && address < ram.base + tree.length && address + size > ram.base,
  );
  const pieces = covered ? others : [treePiece, ...others];
  checkApart(pieces);
  return { pieces, entry: memoryMap.flash.base, protocol: "elf", x0: 0, description: "firmware" };
}

/** A loader's image may go into RAM and flash. */
function checkLoadable(piece: Piece, ram: RamRange): void {
  if (piece.address + piece.size <= memoryMap.flash.base + memoryMap.flash.size) {
    const { size } = flashGeometry;
    if (Math.floor(piece.address / size) === Math.floor((piece.address + Math.max(piece.size, 1) - 1) / size)) return;
  }
  checkInside(piece, ram);
}

function checkInside(piece: Piece, ram: RamRange): void {
  if (piece.address >= ram.base && piece.address + piece.size <= ram.base + ram.size) return;
  throw new LoadError(
    `${piece.what} (${range(piece)}) doesn't fit in RAM (${range({ address: ram.base, size: ram.size })})`,
  );
}

function checkApart(pieces: readonly Piece[]): void {
  const sorted = [...pieces].filter((piece) => piece.size > 0).sort((a, b) => a.address - b.address);
  for (let i = 1; i < sorted.length; i++) {
    const [low, high] = [sorted[i - 1]!, sorted[i]!];
    if (low.address + low.size > high.address)
      throw new LoadError(`${low.what} (${range(low)}) and ${high.what} (${range(high)}) overlap`);
  }
}

function range({ address, size }: { address: number; size: number }): string {
  return `${hex(address)}-${hex(address + Math.max(size, 1) - 1)}, ${size} bytes`;
}

function alignUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
