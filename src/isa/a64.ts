import { baseInstructions } from "./base/index.js";
import { cryptoInstructions } from "./crypto/index.js";
import type { Definition } from "./definition.js";
import { floatingPointInstructions } from "./fp/index.js";
import { observedGroups } from "./observed.js";
import { simdInstructions } from "./simd/index.js";
import { systemInstructions } from "./system/index.js";
import { InstructionTable } from "./table.js";
import { unimplementedInstructions } from "./unimplemented/index.js";

let table: InstructionTable | undefined;
let observedTable: InstructionTable | undefined;

/** Every group of A64 definitions. */
export function a64Groups(): readonly (readonly Definition[])[] {
  return [
    ...baseInstructions, //
    ...systemInstructions,
    ...unimplementedInstructions,
    ...simdInstructions,
    ...cryptoInstructions,
    ...floatingPointInstructions,
  ];
}

/** The A64 instruction set. Built when first asked for; a test checks it. */
export function a64(): InstructionTable {
  return (table ??= new InstructionTable(a64Groups(), true));
}

/** The same set for machines whose instructions are counted (observed.ts). */
export function observedA64(): InstructionTable {
  return (observedTable ??= new InstructionTable(observedGroups(a64Groups()), true));
}
