import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Sctlr, Word } from "./register-words.js";
import { LevelRecord } from "./state-layout.js";
import { Regime } from "./translation/walker.js";

const svcAt = LevelRecord.svc >> 2;
const svcEntryAt = LevelRecord.svcEntry >> 2;
const hvcAt = LevelRecord.hvc >> 2;
const hvcEntryAt = LevelRecord.hvcEntry >> 2;
const returnsAt = LevelRecord.returns >> 2;
const upperRangeAt = LevelRecord.upperRange >> 2;

/** Where HVC goes from the current level, by hand of generated code: EL2, or 0 where it is UNDEFINED or not for the guest. */
function hvcTarget(pe: ProcessingElement): number {
  const { el } = pe;
  if (!pe.haveEl2 || !pe.el2Enabled || (el !== 1 && el !== 2)) return 0;
  const enabled = pe.haveEl3
    ? (pe.register(Word.SCR_EL3) & Scr.HCE) !== 0
    : (pe.register(Word.HCR_EL2) & Hcr.HCD) === 0;
  return enabled ? 2 : 0;
}

/** PSTATE.PAN in bit 0 and SSBS in bit 1 as an exception to `target` sets them (AArch64.TakeException). */
function entryState(pe: ProcessingElement, target: number): number {
  if (target === 0) return 0;
  const sctlr = Word.SCTLR[target as 1 | 2];
  const ownsEl0 = target === 1 || pe.host;
  const pan = pe.havePan && ownsEl0 && (pe.register(sctlr) & Sctlr.SPAN) === 0;
  const ssbs = pe.haveSsbs && (pe.register(sctlr + 1) & Sctlr.highDSSBS) !== 0;
  return (pan ? 1 : 0) | (ssbs ? 2 : 0);
}

/** The levels, as bits, that an ERET of the current one may go to; EL3's are the machine's to make. */
function returnTargets(pe: ProcessingElement): number {
  const { el } = pe;
  if (el !== 1 && el !== 2) return 0;
  if (el === 1 && (pe.hcrHigh & Hcr.highNV) !== 0) return 0;
  const el1 = pe.el2Enabled && (pe.hcrLow & Hcr.TGE) !== 0 ? 0 : 2;
  return 1 | el1 | (el === 2 ? 4 : 0);
}

/** Fills the part of the current level's record that says which exceptions and returns generated code makes by itself. */
export function keepCrossings(pe: ProcessingElement, record: number): void {
  const { i32, el } = pe;
  const svc = el === 0 ? (pe.el2Enabled && (pe.hcrLow & Hcr.TGE) !== 0 ? 2 : 1) : el === 3 ? 0 : el;
  const hvc = hvcTarget(pe);
  i32[record + svcAt] = svc;
  i32[record + svcEntryAt] = entryState(pe, svc);
  i32[record + hvcAt] = hvc;
  i32[record + hvcEntryAt] = entryState(pe, hvc);
  i32[record + returnsAt] = returnTargets(pe);
  i32[record + upperRangeAt] = pe.regime === Regime.el10 || pe.regime === Regime.el20 ? 1 : 0;
}
