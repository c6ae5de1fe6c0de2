import type { GicState } from "./gic-state.js";
import type { InterruptBank } from "./interrupt-bank.js";
import { priorityMask } from "./types.js";

/*
 * The registers with a field per interrupt. Distributor (IHI 0069, 12.9) and SGI_base frame (12.11) have them at the same
 * offsets, GICD_<x><n> beside GICR_<x>0; word `n` of a register here is always about the bank's own interrupts.
 */

interface BitmapRegister {
  /** The bits that Non-secure software may read; all others read as zero. */
  readable(bank: InterruptBank, word: number): number;
  /** The bits that Non-secure software may write. */
  writable(bank: InterruptBank, word: number): number;
  read(bank: InterruptBank, word: number): number;
  /** `value` has ones for bits that may be written only; `mask` says which those are. */
  write(bank: InterruptBank, word: number, value: number, mask: number): void;
}

const nonSecureGroup1 = (bank: InterruptBank, word: number): number => bank.group[word]!;
const withNsacr =
  (least: number) =>
  (bank: InterruptBank, word: number): number =>
    bank.group[word]! | bank.nonSecureAccessAtLeast(word, least);
const never = (): number => 0;

type Bitmap = "enabled" | "latched" | "active" | "group" | "groupModifier";
const setBits = (name: Bitmap) => (bank: InterruptBank, word: number, value: number) => {
  bank[name][word]! |= value;
};
const clearBits = (name: Bitmap) => (bank: InterruptBank, word: number, value: number) => {
  bank[name][word]! &= ~value;
};
const replaceBits = (name: Bitmap) => (bank: InterruptBank, word: number, value: number, mask: number) => {
  bank[name][word] = (bank[name][word]! & ~mask) | value;
};
const readBits = (name: Bitmap) => (bank: InterruptBank, word: number) => bank[name][word]!;
const readPending = (bank: InterruptBank, word: number) => bank.pending(word);

/** By offset bits 11:7. NSACR lets Non-secure software at pending and active state only (GICD_NSACR). */
const bitmapRegisters: Readonly<Record<number, BitmapRegister>> = {
  // IGROUPR, IGRPMODR: Secure only.
  [0x080 >> 7]: { readable: never, writable: never, read: readBits("group"), write: replaceBits("group") },
  [0xd00 >> 7]: {
    readable: never,
    writable: never,
    read: readBits("groupModifier"),
    write: replaceBits("groupModifier"),
  },
  // ISENABLER, ICENABLER
  [0x100 >> 7]: {
    readable: nonSecureGroup1,
    writable: nonSecureGroup1,
    read: readBits("enabled"),
    write: setBits("enabled"),
  },
  [0x180 >> 7]: {
    readable: nonSecureGroup1,
    writable: nonSecureGroup1,
    read: readBits("enabled"),
    write: clearBits("enabled"),
  },
  // ISPENDR, ICPENDR
  [0x200 >> 7]: { readable: withNsacr(1), writable: withNsacr(1), read: readPending, write: setBits("latched") },
  [0x280 >> 7]: { readable: withNsacr(2), writable: withNsacr(2), read: readPending, write: clearBits("latched") },
  // ISACTIVER, ICACTIVER
  [0x300 >> 7]: {
    readable: withNsacr(2),
    writable: nonSecureGroup1,
    read: readBits("active"),
    write: setBits("active"),
  },
  [0x380 >> 7]: {
    readable: withNsacr(2),
    writable: nonSecureGroup1,
    read: readBits("active"),
    write: clearBits("active"),
  },
};

const inPriority = (offset: number) => offset >= 0x400 && offset < 0x800;
const inConfiguration = (offset: number) => offset >= 0xc00 && offset < 0xd00;
const inNsacr = (offset: number) => offset >= 0xe00 && offset < 0xf00;

/** True when `offset` lies among the registers that {@link readInterruptRegister} knows, for an access of `size` bytes. */
export function isInterruptRegister(offset: number, size: number): boolean {
  if (inPriority(offset)) return true;
  if (size !== 4) return false;
  return bitmapRegisters[offset >> 7] !== undefined || inConfiguration(offset) || inNsacr(offset);
}

/**
 * Reads `size` bytes at `offset` (as in the SGI_base frame, `0x080` being word 0 of IGROUPR).
 * Interrupts that the bank doesn't have, and those that `restricted` software may not see, read as zero.
 */
export function readInterruptRegister(
  gic: GicState,
  bank: InterruptBank,
  offset: number,
  size: number,
  restricted: boolean,
): number {
  if (inPriority(offset)) {
    let value = 0;
    for (let byte = size - 1; byte >= 0; byte--)
      value = (value << 8) | readPriority(bank, offset - 0x400 + byte, restricted);
    return value >>> 0;
  }
  if (inConfiguration(offset)) {
    const half = (offset - 0xc00) >> 2;
    if (half >> 1 >= bank.words) return 0;
    let value = spread(bank.edge[half >> 1]! >>> ((half & 1) * 16)) << 1;
    if (restricted) value &= spread(bank.group[half >> 1]! >>> ((half & 1) * 16)) * 3;
    return value >>> 0;
  }
  if (inNsacr(offset)) {
    const half = (offset - 0xe00) >> 2;
    return restricted || gic.disableSecurity ? 0 : (bank.nonSecureAccess[half] ?? 0);
  }
  const register = bitmapRegisters[offset >> 7]!;
  const word = (offset >> 2) & 31;
  if (word >= bank.words || (offset >> 7 === 0xd00 >> 7 && gic.disableSecurity)) return 0;
  let value = register.read(bank, word);
  if (restricted) value &= register.readable(bank, word);
  return value >>> 0;
}

/** Writes `size` bytes at `offset`; the counterpart of {@link readInterruptRegister}. Doesn't re-evaluate PEs. */
export function writeInterruptRegister(
  gic: GicState,
  bank: InterruptBank,
  offset: number,
  size: number,
  value: number,
  restricted: boolean,
): void {
  if (inPriority(offset)) {
    for (let byte = 0; byte < size; byte++)
      writePriority(bank, offset - 0x400 + byte, (value >>> (8 * byte)) & 0xff, restricted);
  } else if (inConfiguration(offset)) {
    const half = (offset - 0xc00) >> 2;
    const shift = (half & 1) * 16;
    const word = half >> 1;
    // ICFGR0 is read-only: SGIs are edge-triggered.
    if (word >= bank.words || (bank.firstIntid === 0 && half === 0)) return;
    let mask = 0xffff << shift;
    if (restricted) mask &= bank.group[word]!;
    bank.edge[word] = (bank.edge[word]! & ~mask) | ((gather(value >>> 1) << shift) & mask);
  } else if (inNsacr(offset)) {
    const half = (offset - 0xe00) >> 2;
    // GICR_NSACR is about SGIs only.
    const count = bank.firstIntid === 0 ? 1 : bank.words * 2;
    if (!restricted && !gic.disableSecurity && half < count) bank.nonSecureAccess[half] = value;
  } else {
    const register = bitmapRegisters[offset >> 7]!;
    const word = (offset >> 2) & 31;
    if (word >= bank.words || (offset >> 7 === 0xd00 >> 7 && gic.disableSecurity)) return;
    const mask = restricted ? register.writable(bank, word) : 0xffffffff;
    register.write(bank, word, value & mask, mask);
  }
}

function readPriority(bank: InterruptBank, index: number, restricted: boolean): number {
  const priority = bank.priority[index] ?? 0;
  if (!restricted) return priority;
  return isNonSecureGroup1(bank, index) ? (priority << 1) & 0xff : 0;
}

function writePriority(bank: InterruptBank, index: number, value: number, restricted: boolean): void {
  if (index >= bank.priority.length) return;
  if (restricted) {
    if (!isNonSecureGroup1(bank, index)) return;
    value = 0x80 | (value >> 1);
  }
  bank.priority[index] = value & priorityMask;
}

const isNonSecureGroup1 = (bank: InterruptBank, index: number): boolean =>
  index < bank.priority.length && ((bank.group[index >> 5]! >>> (index & 31)) & 1) === 1;

/** Moves bit n of 16 to bit 2n of 32. */
function spread(bits: number): number {
  let value = bits & 0xffff;
  value = (value | (value << 8)) & 0x00ff00ff;
  value = (value | (value << 4)) & 0x0f0f0f0f;
  value = (value | (value << 2)) & 0x33333333;
  return (value | (value << 1)) & 0x55555555;
}

/** Moves bit 2n of 32 to bit n of 16. */
function gather(bits: number): number {
  let value = bits & 0x55555555;
  value = (value | (value >>> 1)) & 0x33333333;
  value = (value | (value >>> 2)) & 0x0f0f0f0f;
  value = (value | (value >>> 4)) & 0x00ff00ff;
  return (value | (value >>> 8)) & 0xffff;
}
