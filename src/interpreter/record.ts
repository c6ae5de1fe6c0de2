import type { OperandKind } from "../ir/index.js";
import type { Instruction, Template } from "../isa/template.js";

/**
 * Predecoded instructions as the interpreter reads them: 16 bytes each, one for every word of a page of code, and one
 * more at the end of the page that leads to the next.
 */
export const RecordLayout = {
  /** u16: number of the operation (see `interpreter.ts`). */
  operation: 0,
  /** u16: how often control arrived here by a taken branch. */
  heat: 2,
  /** Registers and conditions, one byte each; then immediates. */
  operands: 4,
  size: 16,
} as const;

/** Records of one page: 1024 instructions and the end. */
export const recordsPerPage = 1025;
/** Bytes from one page's records to the next page's, a multiple of 64. */
export const recordPageSize = 16448;

/** Operation numbers with a fixed meaning. */
export const undecodedOperation = 0;
export const pageEndOperation = 1;
/** First number of the operations that the main function handles itself. */
export const firstHotOperation = 2;

/** Where a record holds an operand: a register byte, or an immediate of 1, 4 or 8 bytes. */
export interface OperandPlace {
  readonly offset: number;
  readonly bytes: 1 | 4 | 8;
}

const layouts = new WeakMap<Template, readonly OperandPlace[]>();

/** Places of a template's operands. @throws when they don't fit a record. */
export function operandPlaces(template: Template): readonly OperandPlace[] {
  let places = layouts.get(template);
  if (places === undefined) {
    places = place(template.operandKinds, `${template.definition.name} ${template.label}`);
    layouts.set(template, places);
  }
  return places;
}

function isImmediate(kind: OperandKind): boolean {
  return kind === "immediate" || kind === "relative";
}

function place(kinds: readonly OperandKind[], name: string): OperandPlace[] {
  const registers = kinds.filter((k) => !isImmediate(k)).length;
  let immediates = kinds.length - registers;
  let nextByte: number = RecordLayout.operands;
  let nextWord = registers > 4 ? 12 : 8;
  const wide = immediates === 1 && registers <= 4;
  return kinds.map((kind): OperandPlace => {
    if (!isImmediate(kind)) {
      if (nextByte >= (immediates > 0 && registers > 4 ? 12 : registers > 4 ? 16 : 8))
        throw new Error(`${name}: too many registers for a record`);
      return { offset: nextByte++, bytes: 1 };
    }
    immediates--;
    if (wide) return { offset: 8, bytes: 8 };
    if (nextWord > 12) throw new Error(`${name}: too many immediates for a record`);
    const offset = nextWord;
    nextWord += 4;
    return { offset, bytes: 4 };
  });
}

/** Writes an instruction's operands into the record at `address`, which is a multiple of 16. */
export function writeOperands(memory: RecordMemory, address: number, instruction: Instruction): void {
  const places = operandPlaces(instruction.template);
  const { u8, i32 } = memory;
  for (let i = 0; i < places.length; i++) {
    const { offset, bytes } = places[i]!;
    const value = instruction.values[i]!;
    const at = address + offset;
    if (bytes === 1) u8[at] = Number(value);
    else if (typeof value === "number" && (value | 0) === value) {
      i32[at >> 2] = value;
      if (bytes === 8) i32[(at >> 2) + 1] = value >> 31;
    } else if (bytes === 8) {
      const wide = BigInt(value);
      i32[at >> 2] = Number(BigInt.asIntN(32, wide));
      i32[(at >> 2) + 1] = Number(BigInt.asIntN(32, wide >> 32n));
    } else {
      throw new Error(`${instruction.template.definition.name}: immediate ${value} doesn't fit its record`);
    }
  }
}

/** Views of the memory that records are in. */
export interface RecordMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
}
