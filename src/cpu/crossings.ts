import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Sctlr, Word } from "./register-words.js";
import { LevelEntry, LevelRecord } from "./state-layout.js";
import { lowestTarget } from "./system-register-access.js";
import { Regime } from "./translation/walker.js";

const svcAt = LevelRecord.svc >> 2;
const svcEntryAt = LevelRecord.svcEntry >> 2;
const hvcAt = LevelRecord.hvc >> 2;
const hvcEntryAt = LevelRecord.hvcEntry >> 2;
const smcAt = LevelRecord.smc >> 2;
const smcEntryAt = LevelRecord.smcEntry >> 2;
const returnsAt = LevelRecord.returns >> 2;
const upperRangeAt = LevelRecord.upperRange >> 2;

/** Where HVC goes from the current level, by hand of generated code; 0 where it is UNDEFINED or not for the guest. */
function hvcTarget(pe: ProcessingElement): number {
  const { el } = pe;
  if (!pe.haveEl2 || el === 0 || (el === 1 && !pe.el2Enabled)) return 0;
  const enabled = pe.haveEl3
    ? (pe.register(Word.SCR_EL3) & Scr.HCE) !== 0
    : (pe.register(Word.HCR_EL2) & Hcr.HCD) === 0;
  if (!enabled) return 0;
  return el === 3 ? 3 : 2;
}

/** Whether HCR_EL2.TSC traps SMC. */
function smcIsTrapped(pe: ProcessingElement): boolean {
  return pe.el === 1 && pe.el2Enabled && (pe.hcrLow & Hcr.TSC) !== 0;
}

/** As {@link hvcTarget}, of SMC. */
function smcTarget(pe: ProcessingElement): number {
  if (smcIsTrapped(pe)) return 2;
  if (!pe.haveEl3 || pe.el === 0 || pe.conduit?.instruction === "smc") return 0;
  return (pe.register(Word.SCR_EL3) & Scr.SMD) === 0 ? 3 : 0;
}

/** What an exception to `target` sets of PSTATE (AArch64.TakeException), as {@link LevelEntry} has it. */
export function entryState(pe: ProcessingElement, target: number): number {
  if (target === 0) return 0;
  const sctlr = Word.SCTLR[target as 1 | 2 | 3];
  const ownsEl0 = target === 1 || (target === 2 && pe.host);
  const pan = pe.havePan && ownsEl0 && (pe.register(sctlr) & Sctlr.SPAN) === 0;
  const ssbs = pe.haveSsbs && (pe.register(sctlr + 1) & Sctlr.highDSSBS) !== 0;
  return (pan ? LevelEntry.pan : 0) | (ssbs ? LevelEntry.ssbs : 0);
}

/** The levels, as bits, that an ERET of the current one may go to (IllegalExceptionReturn). */
function returnTargets(pe: ProcessingElement): number {
  const { el } = pe;
  if (el === 0 || (el === 1 && (pe.hcrHigh & Hcr.highNV) !== 0)) return 0;
  const el1 = pe.el2Enabled && (pe.hcrLow & Hcr.TGE) !== 0 ? 0 : 2;
  const el2 = el >= 2 && pe.el2Enabled ? 4 : 0;
  return 1 | el1 | el2 | (el === 3 ? 8 : 0);
}

/** Fills the part of the current level's record that says which exceptions and returns generated code makes by itself. */
export function keepCrossings(pe: ProcessingElement, record: number): void {
  const { i32 } = pe;
  const svc = lowestTarget(pe);
  const hvc = hvcTarget(pe);
  const smc = smcTarget(pe);
  i32[record + svcAt] = svc;
  i32[record + svcEntryAt] = entryState(pe, svc);
  i32[record + hvcAt] = hvc;
  i32[record + hvcEntryAt] = entryState(pe, hvc);
  i32[record + smcAt] = smc;
  i32[record + smcEntryAt] = entryState(pe, smc) | (smcIsTrapped(pe) ? LevelEntry.trapped : 0);
  i32[record + returnsAt] = returnTargets(pe);
  i32[record + upperRangeAt] = pe.regime === Regime.el10 || pe.regime === Regime.el20 ? 1 : 0;
}
