import type { InstructionTable } from "../../src/isa/table.js";
import type { Case } from "./machine-state.js";

/** Where qemu-aarch64 7.2 doesn't do what the Arm ARM says, so that cases with these instructions aren't compared. */
interface Departure {
  /** Name of the definition. */
  readonly instruction: RegExp;
  readonly reason: string;
  /** Whether the state can show it. */
  readonly applies: (c: Case) => boolean;
}

const flushes = (c: Case): boolean => (c.state.fpcr & (1 << 24)) !== 0;

/** Whether load and store exclusives of different sizes meet. */
const mixesExclusives = (c: Case): boolean =>
  new Set(c.code.filter((word) => (word & 0x3f800000) === 0x08000000).map((word) => (word >>> 21) & 0x601)).size > 1;

export const departures: readonly Departure[] = [
  {
    instruction: /^STL?XR|^STL?XP/,
    reason: "a store exclusive after a load exclusive of another size may fail or not (CONSTRAINED UNPREDICTABLE)",
    applies: mixesExclusives,
  },
  {
    instruction: /^LDAPR$/,
    reason: "QEMU doesn't check its alignment, which FEAT_LRCPC without FEAT_LSE2 requires",
    applies: () => true,
  },
  {
    instruction: /^FJCVTZS$/,
    reason: "FPToFixedJS clears Z for a positive denormal that was flushed; QEMU 7.2 leaves it set",
    applies: flushes,
  },
  {
    instruction: /^FCVTZS \(vector, fixed-point\), scalar, 16 bits$/,
    reason: "QEMU leaves copies of the result's sign in bits 31 to 16 of the register, which must be zero",
    applies: () => true,
  },
];

/** Whether a difference in this case may be QEMU's. */
export function acceptedDeparture(table: InstructionTable, c: Case): boolean {
  return departures.some(
    (d) => d.applies(c) && c.code.some((word) => d.instruction.test(table.find(word | 0)?.name ?? "")),
  );
}
