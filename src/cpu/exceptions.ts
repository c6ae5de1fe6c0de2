import { returnsStepping } from "./debug-exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { readPstate, writePstateFields } from "./pstate.js";
import { Hcr, Sctlr, Word } from "./register-words.js";
import { PeState } from "./state-layout.js";
import { lowestTarget } from "./system-register-access.js";

/** ESR_ELx.EC (DDI 0487 D17.2.37). */
export const ExceptionClass = {
  unknown: 0x00,
  wfx: 0x01,
  fpAccess: 0x07,
  pointerAuthentication: 0x09,
  branchTarget: 0x0d,
  illegalState: 0x0e,
  svc64: 0x15,
  hvc64: 0x16,
  smc64: 0x17,
  systemRegister: 0x18,
  sve: 0x19,
  eret: 0x1a,
  authenticationFailure: 0x1c,
  instructionAbortLower: 0x20,
  instructionAbortSame: 0x21,
  pcAlignment: 0x22,
  dataAbortLower: 0x24,
  dataAbortSame: 0x25,
  spAlignment: 0x26,
  serror: 0x2f,
  breakpointLower: 0x30,
  softwareStepLower: 0x32,
  watchpointLower: 0x34,
  brk64: 0x3c,
} as const;

/** Vector offsets by kind of exception, to which 0x200 or 0x400 is added. */
export const Vector = { synchronous: 0, irq: 0x80, fiq: 0x100, serror: 0x180 } as const;

const word = (offset: number): number => offset >> 2;
const daif = word(PeState.daif);
const pan = word(PeState.pan);
const uao = word(PeState.uao);
const ssbs = word(PeState.ssbs);
const btype = word(PeState.btype);
const il = word(PeState.il);
const ss = word(PeState.ss);
const spSel = word(PeState.spSel);

/**
 * Takes an exception to `target` with pc as the preferred return address (AArch64.TakeException). `esr` is ignored for
 * IRQ and FIQ; -1 says that ESR_ELx isn't written. FAR_ELx and HPFAR_EL2 are the caller's to write.
 */
export function takeException(pe: ProcessingElement, target: number, vector: number, esr: number): void {
  const { i32, w, system } = pe;
  const from = pe.el;
  pe.countException(vector === Vector.synchronous ? esr >>> 26 : 63 + (vector >> 7));
  const same = target === from;
  const offset = vector + (same ? (i32[w + spSel] ? 0x200 : 0) : 0x400);
  if (pe.onException !== undefined) pe.onException(pe, target, esr, offset);
  if (pe.observer !== undefined) pe.observer.exceptionTaken(pe, target, esr, offset);
  const monitor = pe.monitors[target];
  if (monitor !== undefined) {
    monitor.exceptionTaken(pe, { targetEl: target, esr, vector: offset });
    pe.update();
    pe.observer?.exceptionServed(pe);
    return;
  }
  const at = target as 1 | 2 | 3;
  i32[system + Word.SPSR[at]] = readPstate(pe);
  i32[system + Word.SPSR[at] + 1] = 0;
  i32[system + Word.ELR[at]] = pe.pcLow;
  i32[system + Word.ELR[at] + 1] = pe.pcHigh;
  if (esr !== -1) {
    i32[system + Word.ESR[at]] = esr;
    i32[system + Word.ESR[at] + 1] = 0;
  }
  pe.setLevel(target, 1);
  i32[w + daif] = 15;
  i32[w + il] = 0;
  i32[w + ss] = 0;
  pe.stepping = 0;
  pe.stepped = 0;
  i32[w + btype] = 0;
  const sctlr = system + Word.SCTLR[at];
  if (pe.havePan) {
    const hostEl2 = target === 2 && (pe.hcrHigh & Hcr.highE2H) !== 0 && (pe.hcrLow & Hcr.TGE) !== 0;
    if ((target === 1 || hostEl2) && (i32[sctlr]! & Sctlr.SPAN) === 0) i32[w + pan] = 1;
  }
  i32[w + uao] = 0;
  if (pe.haveSsbs) i32[w + ssbs] = (i32[sctlr + 1]! & Sctlr.highDSSBS) !== 0 ? 1 : 0;
  const base = system + Word.VBAR[at];
  pe.setPc((i32[base]! & ~0x7ff) | offset, i32[base + 1]!);
  pe.levelChanged();
}

/** Takes a synchronous exception; IL is 1 as for every 32-bit instruction. */
export function takeSynchronous(pe: ProcessingElement, target: number, exceptionClass: number, iss: number): void {
  takeException(pe, target, Vector.synchronous, (exceptionClass << 26) | 0x200_0000 | iss);
}

/** An UNDEFINED instruction: EC 0, to EL1 (EL2 under TGE) or the current level. */
export function takeUndefined(pe: ProcessingElement): void {
  takeSynchronous(pe, lowestTarget(pe), ExceptionClass.unknown, 0);
}

/** Writes FAR_ELx. */
export function setFar(pe: ProcessingElement, target: number, low: number, high: number): void {
  pe.setRegister(Word.FAR[target as 1 | 2 | 3], low, high);
}

/** Whether EL2 takes the debug exceptions of EL1 and EL0 (MDCR_EL2.TDE, HCR_EL2.TGE). */
export function debugExceptionsRoutedToEl2(pe: ProcessingElement): boolean {
  return pe.el2Enabled && ((pe.register(Word.HCR_EL2) & Hcr.TGE) !== 0 || (pe.register(Word.MDCR_EL2) & 0x100) !== 0);
}

/** The level that takes a debug exception of the current one, when it takes one. */
export function debugTarget(pe: ProcessingElement): number {
  const el = pe.el;
  if (el >= 2) return el;
  return debugExceptionsRoutedToEl2(pe) ? 2 : 1;
}

/** Whether the ERET from `el` to what an SPSR names is illegal (IllegalExceptionReturn). */
function isIllegalReturn(pe: ProcessingElement, spsr: number): boolean {
  const target = (spsr >>> 2) & 3;
  // M[4]: AArch32, which no level has. M[1] is reserved, and EL0 has no SP_ELx.
  if ((spsr & 0x10) !== 0 || (spsr & 2) !== 0 || (target === 0 && (spsr & 1) !== 0)) return true;
  if (target > pe.el) return true;
  if ((target === 2 && !pe.haveEl2) || (target === 3 && !pe.haveEl3)) return true;
  if (target === 3) return false;
  // Below EL3 the security state is SCR_EL3's.
  const nonSecure = !pe.haveEl3 || (pe.register(Word.SCR_EL3) & 1) !== 0;
  if (target === 2 && !nonSecure) return true;
  return target === 1 && pe.haveEl2 && nonSecure && (pe.register(Word.HCR_EL2) & Hcr.TGE) !== 0;
}

/**
 * ERET (AArch64.ExceptionReturn): pc and PSTATE from ELR and SPSR of the current level. `authenticated`: pc from PeState.argument
 * (ERETAA, ERETAB).
 */
export function exceptionReturn(pe: ProcessingElement, authenticated = false): void {
  const { i32, w, system } = pe;
  const el = pe.el as 1 | 2 | 3;
  const spsr = i32[system + Word.SPSR[el]]!;
  let low = authenticated ? pe.argumentLow : i32[system + Word.ELR[el]]!;
  let high = authenticated ? pe.argumentHigh : i32[system + Word.ELR[el] + 1]!;
  const illegal = isIllegalReturn(pe, spsr);
  if ((spsr & 0x10) !== 0 && pe.log.enabled("unimp"))
    pe.log.write("unimp", `ERET at EL${el} to AArch32 state, which this PE lacks: an illegal exception return`);
  const stepping = returnsStepping(pe, spsr, illegal ? el : (spsr >>> 2) & 3);
  writePstateFields(pe, spsr, illegal);
  i32[w + ss] = stepping ? 1 : 0;
  pe.stepped = 0;
  if (illegal) i32[w + il] = 1;
  else {
    i32[w + il] = (spsr >>> 20) & 1;
    pe.setLevel((spsr >>> 2) & 3, spsr & 1);
  }
  // SendEventLocal and ClearExclusiveLocal.
  i32[w + word(PeState.event)] = 1;
  i32[w + word(PeState.exclusiveAddress)] = -1;
  i32[w + word(PeState.exclusiveAddress) + 1] = -1;
  pe.levelChanged();
  if (!illegal && (high >> 24 !== 0 || high < 0)) high = canonicalHigh(pe, high);
  low |= 0;
  pe.setPc(low, high);
  if (pe.observer !== undefined) pe.observer.exceptionReturned(pe, el);
}

/** The high word of a branch target at the current level: with the top byte ignored it is a copy of bit 55 (AArch64.BranchAddr). */
export function canonicalHigh(pe: ProcessingElement, high: number): number {
  const { regime } = pe;
  const upper = (high >>> 23) & 1;
  if (!pe.walker.topByteIgnored(regime, upper, true)) return high;
  // Only regimes with two ranges have addresses whose top bits are ones.
  const twoRanges = regime === 0 || regime === 2;
  return twoRanges && upper ? high | 0xff00_0000 : high & 0x00ff_ffff;
}
