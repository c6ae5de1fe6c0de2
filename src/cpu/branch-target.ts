import { fetch } from "./access.js";
import { debugTarget, ExceptionClass, takeSynchronous } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { PeState } from "./state-layout.js";
import { lowestTarget } from "./system-register-access.js";
import { AccessKind } from "./translation/walker.js";

/** Set in the BTYPE word by generated code: what the branch was is still to be found out, at the address in PeState.argument. */
const fromBranch = 4;

const hintBti = 0xd503_241f | 0;
const paciasp = 0xd503_233f | 0;
const pacibsp = 0xd503_237f | 0;
const brk = 0xd420_0000 | 0;

/** The word at a virtual address as it would be executed, and whether its page is guarded; undefined where it can't be. */
function instructionAt(
  pe: ProcessingElement,
  low: number,
  high: number,
): { word: number; guarded: boolean } | undefined {
  const { walker } = pe;
  if (!walker.translate(low, high, AccessKind.execute, pe.regime, pe.el !== 0, false, pe.secure)) return undefined;
  const host = pe.physical.hostAddress(walker.physical, 4, !walker.nonSecure);
  return host < 0 ? undefined : { word: pe.i32[host >>> 2]!, guarded: walker.guarded };
}

/** PSTATE.BTYPE after BR or BLR (BTypeNext, DDI 0487 J1.1.3). */
function typeOfBranch(pe: ProcessingElement, provisional: number): number {
  if (provisional === 2) return 2;
  const source = instructionAt(pe, pe.argumentLow, pe.argumentHigh);
  const register = source === undefined ? 0 : (source.word >>> 5) & 31;
  return register === 16 || register === 17 || source?.guarded !== true ? 1 : 3;
}

/** BTypeCompatible: whether an instruction may be where a branch of this type lands. */
function compatible(pe: ProcessingElement, word: number, type: number): boolean {
  if ((word & 0xffff_ff3f) === hintBti) {
    const accepts = (word >>> 6) & 3;
    return accepts === 3 || (accepts === 1 && type !== 3) || (accepts === 2 && type !== 2);
  }
  if (word === paciasp || word === pacibsp) {
    if (type !== 3) return true;
    // SCTLR_ELx.BT0 is for EL0, BT1 (BT at EL2 and EL3) for the level itself.
    const bit = pe.el === 0 ? 3 : 4;
    return (pe.register(pe.sctlrWord + 1) & (1 << bit)) === 0;
  }
  const breakpoint = word & 0xffe0_001f;
  return breakpoint === brk || breakpoint === (0xd440_0000 | 0);
}

/** What {@link arriveByBranch} finds. */
export const Arrival = { passes: 0, exception: 1, fetchException: 2 } as const;

/**
 * PSTATE.BTYPE isn't 0: an indirect branch, or an exception return, arrives at pc. Where the page is guarded and the instruction
 * doesn't expect it, a Branch Target exception is taken. A BRK is taken here too: its SPSR has the BTYPE (AArch64.TakeException).
 */
export function arriveByBranch(pe: ProcessingElement): number {
  if (!pe.haveBti) {
    pe.setState(PeState.btype, 0);
    return Arrival.passes;
  }
  const state = pe.state(PeState.btype);
  const type = (state & fromBranch) !== 0 ? typeOfBranch(pe, state & 3) : state;
  pe.setState(PeState.btype, type);
  const target = (pe.pcLow & 3) === 0 ? instructionAt(pe, pe.pcLow, pe.pcHigh) : undefined;
  // What can't be fetched is the fetch's to report, with this BTYPE.
  if (target === undefined && fetch(pe) < 0) return Arrival.fetchException;
  if (target?.guarded === true && !compatible(pe, target.word, type)) {
    takeSynchronous(pe, lowestTarget(pe), ExceptionClass.branchTarget, type);
    return Arrival.exception;
  }
  if (target !== undefined && (target.word & 0xffe0_001f) === brk) {
    takeSynchronous(pe, debugTarget(pe), ExceptionClass.brk64, (target.word >>> 5) & 0xffff);
    return Arrival.fetchException;
  }
  pe.setState(PeState.btype, 0);
  return Arrival.passes;
}
