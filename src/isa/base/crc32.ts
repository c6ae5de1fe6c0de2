import { type Builder, type Node, type Routine, routine } from "../../ir/index.js";

/** One bit of the reflected CRC: shifts `remainder` right, and subtracts the polynomial when a one falls out. */
function shiftOnce(remainder: number, polynomial: number): number {
  return (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0);
}

/** What is left of a register in which only bit `bit` is set, after `steps` bits. */
function column(bit: number, steps: number, polynomial: number): number {
  let remainder = 2 ** bit;
  for (let i = 0; i < steps; i++) remainder = shiftOnce(remainder, polynomial);
  return remainder >>> 0;
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  values.forEach((v, i) => {
    view.setUint32(i * 4, v, true);
  });
  return bytes;
}

/**
 * The CRC of `steps` bits is linear in the bits of register and data: each of the low `steps` bits of their sum
 * contributes its column. Four columns at a time are masked by their bits and summed.
 */
function sumColumns(pe: Builder, value: Node, steps: number, polynomial: number): Node {
  const bits = pe.let(pe.op("i32x4.splat", value));
  let sum: Node | undefined;
  for (let bit = 0; bit < steps; bit += 4) {
    const four = [bit, bit + 1, bit + 2, bit + 3];
    const select = pe.c128(words(four.map((b) => 2 ** b)));
    const present = pe.op("i32x4.eq", pe.op("v128.and", bits, select), select);
    const columns = pe.op("v128.and", present, pe.c128(words(four.map((b) => column(b, steps, polynomial)))));
    sum = pe.let(sum === undefined ? columns : pe.op("v128.xor", sum, columns));
  }
  const s = sum!;
  const halves = pe.let(pe.op("v128.xor", s, pe.shuffle(s, s, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])));
  return pe.xor(pe.lane("i32x4.extract_lane", 0, halves), pe.lane("i32x4.extract_lane", 1, halves));
}

function step(name: string, steps: number, polynomial: number): Routine {
  return routine(`${name} of ${steps} bits`, ["i32", "i32"], "i32", (pe, crc, data) => {
    const sum = pe.xor(crc, data);
    if (steps === 32) return pe.return(sumColumns(pe, sum, steps, polynomial));
    pe.return(pe.xor(pe.shrU(crc, pe.c32(steps)), sumColumns(pe, sum, steps, polynomial)));
  });
}

const sizes = [8, 16, 32];

/** New CRC from the old one and 8, 16 or 32 bits of data; polynomial 0x04c11db7, reflected. */
export const crc32: readonly Routine[] = sizes.map((bits) => step("CRC32", bits, 0xedb88320));
/** The same for polynomial 0x1edc6f41. */
export const crc32Castagnoli: readonly Routine[] = sizes.map((bits) => step("CRC32C", bits, 0x82f63b78));
