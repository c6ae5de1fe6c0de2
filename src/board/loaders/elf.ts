import { hex, LoadError, type LoadedImage, type Segment } from "./image.js";

/** The parts of the ELF-64 object file format that a loader needs (System V ABI, chapters 4 and 5; AAELF64). */
const Elf = {
  headerSize: 64,
  programHeaderSize: 56,
  class64: 2,
  littleEndian: 1,
  executable: 2,
  sharedObject: 3,
  machineAArch64: 183,
  load: 1,
} as const;

/** Machines that people mistake for ours, by e_machine. */
const machineNames: Readonly<Record<number, string>> = {
  3: "i386",
  8: "MIPS",
  20: "PowerPC",
  21: "64-bit PowerPC",
  22: "S/390",
  40: "32-bit Arm",
  62: "x86-64",
  243: "RISC-V",
  258: "LoongArch",
};

export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** Reads an executable's PT_LOAD segments at their physical addresses. `what` is its name in errors. */
export function loadElf(bytes: Uint8Array, what = "kernel"): LoadedImage {
  if (bytes.length < 20) throw cutShort(what, bytes.length, "the header", Elf.headerSize);
  if (bytes[5] !== Elf.littleEndian)
    throw new LoadError(`the ${what} is a big-endian ELF file; AArch64 little-endian is wanted`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = view.getUint16(18, true);
  if (machine !== Elf.machineAArch64)
    throw new LoadError(
      `the ${what} is an ELF file for ${machineNames[machine] ?? `machine ${machine}`}, not for AArch64`,
    );
  if (bytes[4] !== Elf.class64) throw new LoadError(`the ${what} is a 32-bit ELF file; a 64-bit one is wanted`);
  if (bytes.length < Elf.headerSize) throw cutShort(what, bytes.length, "the header", Elf.headerSize);
  const type = view.getUint16(16, true);
  if (type !== Elf.executable && type !== Elf.sharedObject)
    throw new LoadError(`the ${what} is an ELF file of type ${type}, not an executable: it must be linked first`);
  const number = (at: number, field: string): number => {
    const value = view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new LoadError(`the ELF ${what}'s ${field} is impossible (0x${value.toString(16)})`);
    return Number(value);
  };
  const tableOffset = number(32, "program header offset");
  const entrySize = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count > 0 && entrySize < Elf.programHeaderSize)
    throw new LoadError(
      `the ELF ${what}'s program headers are ${entrySize} bytes each, less than ${Elf.programHeaderSize}`,
    );
  if (tableOffset + count * entrySize > bytes.length)
    throw cutShort(what, bytes.length, "the program headers", tableOffset + count * entrySize);

  const segments: Segment[] = [];
  const virtual: { start: bigint; size: number; physical: number }[] = [];
  for (let i = 0; i < count; i++) {
    const at = tableOffset + i * entrySize;
    if (view.getUint32(at, true) !== Elf.load) continue;
    const offset = number(at + 8, "segment offset");
    const address = number(at + 24, "segment address");
    const fileSize = number(at + 32, "segment size");
    const size = number(at + 40, "segment size");
    if (size === 0) continue;
    if (fileSize > size)
      throw new LoadError(
        `segment ${i} of the ELF ${what} is larger in the file (${fileSize}) than in memory (${size})`,
      );
    if (offset + fileSize > bytes.length) throw cutShort(what, bytes.length, `segment ${i}`, offset + fileSize);
    segments.push({ address, bytes: bytes.subarray(offset, offset + fileSize), size });
    virtual.push({ start: view.getBigUint64(at + 16, true), size, physical: address });
  }
  if (segments.length === 0) throw new LoadError(`the ELF ${what} has nothing to load (no PT_LOAD segment)`);
  return {
    protocol: "elf",
    description: "an AArch64 ELF executable",
    segments,
    entry: physicalEntry(view.getBigUint64(24, true), virtual, what),
  };
}

/**
 * e_entry is a virtual address; the PE starts with its MMU off, so where they differ the segment's offset applies. A kernel linked
 * high may name the physical address itself.
 */
function physicalEntry(
  entry: bigint,
  segments: { start: bigint; size: number; physical: number }[],
  what: string,
): number {
  for (const { start, size, physical } of segments)
    if (entry >= start && entry < start + BigInt(size)) return physical + Number(entry - start);
  for (const { size, physical } of segments)
    if (entry >= BigInt(physical) && entry < BigInt(physical + size)) return Number(entry);
  throw new LoadError(`the ELF ${what}'s entry point 0x${entry.toString(16)} lies in none of its segments`);
}

function cutShort(what: string, have: number, part: string, need: number): LoadError {
  return new LoadError(
    `the ELF ${what} is cut short: ${part} would end at byte ${hex(need)}, the file has ${hex(have)}`,
  );
}
