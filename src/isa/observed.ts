import { type Builder, immediate, type Node, type Operand } from "../ir/index.js";
import type { Definition } from "./definition.js";
import type { Fields } from "./pattern.js";
import { systemEncoding } from "./system-registers/system-register.js";

/** What an observed instruction is, in bits 31 to 16 of what observers are told; bits 15 to 0 say which. */
export const ObservedKind = {
  /** The hint's number (CRm:op2). */
  hint: 0,
  /** One of {@link ObservedBarrier}. */
  barrier: 1,
  /** The encoding of a system register. */
  read: 2,
  write: 3,
  /** 0:op1:4:CRm:op2 as an encoding. */
  writeImmediate: 4,
  /** The encoding of a system instruction: TLBI, DC, IC, AT. */
  system: 5,
} as const;

export const ObservedBarrier = { dsb: 0, dmb: 1, isb: 2, sb: 3 } as const;

type Operands = { readonly [name: string]: Operand };

/** How a definition tells what it is: operands that it needs beside its own, and the number as an expression. */
interface Observation {
  readonly operands?: (fields: Fields) => Operands;
  readonly event: (pe: Builder, operands: Operands) => Node;
}

const constant = (kind: number, which: number): Observation => ({ event: (pe) => pe.c32((kind << 16) | which) });
const ofEncoding = (kind: number): Observation => ({
  event: (pe, { encoding }) => pe.or(pe.immediate32(encoding as never), pe.c32(kind << 16)),
});
const immediateMove = ofEncoding(ObservedKind.writeImmediate);

/** By name of the definition. */
const observations: Readonly<Record<string, Observation>> = {
  "HINT (64 to 127)": {
    operands: (f) => ({ number: immediate(64 | f.m!) }),
    event: (pe, { number }) => pe.immediate32(number as never),
  },
  DSB: constant(ObservedKind.barrier, ObservedBarrier.dsb),
  "DSB (nXS)": constant(ObservedKind.barrier, ObservedBarrier.dsb),
  DMB: constant(ObservedKind.barrier, ObservedBarrier.dmb),
  ISB: constant(ObservedKind.barrier, ObservedBarrier.isb),
  SB: constant(ObservedKind.barrier, ObservedBarrier.sb),
  MRS: ofEncoding(ObservedKind.read),
  "MSR (register)": ofEncoding(ObservedKind.write),
  ...Object.fromEntries(
    ["UAO", "PAN", "SPSel", "SSBS", "DIT", "TCO", "DAIFSet", "DAIFClr"].map((field) => [
      `MSR (immediate, ${field})`,
      immediateMove,
    ]),
  ),
  SYS: ofEncoding(ObservedKind.system),
  SYSL: ofEncoding(ObservedKind.system),
  "DC ZVA": constant(ObservedKind.system, systemEncoding(1, 3, 7, 4, 1)),
};

function observed(definition: Definition): Definition {
  const observation = Object.hasOwn(observations, definition.name) ? observations[definition.name] : undefined;
  const { execute, prepare } = definition;
  if (observation === undefined || execute === undefined) return definition;
  const { operands, event } = observation;
  return {
    ...definition,
    prepare: operands
      ? (f) => {
          const prepared = prepare(f);
          return { ...prepared, operands: { ...prepared.operands, ...operands(f) } };
        }
      : prepare,
    execute: (pe, statics, handles) => {
      pe.environment("observe", event(pe, handles));
      execute(pe, statics, handles);
    },
  };
}

/**
 * The same instructions, of which hints without a meaning, barriers, and what reads and writes system registers and executes system
 * instructions tell the machine before they do it. @throws when one of them isn't among `groups`.
 */
export function observedGroups(groups: readonly (readonly Definition[])[]): readonly (readonly Definition[])[] {
  const names = new Set(groups.flat().map(({ name }) => name));
  const missing = Object.keys(observations).filter((name) => !names.has(name));
  if (missing.length > 0) throw new Error(`there is no instruction to observe called ${missing.join(", ")}`);
  return groups.map((group) => group.map(observed));
}
