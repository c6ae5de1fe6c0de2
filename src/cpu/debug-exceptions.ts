import { currentInstruction } from "./aborts.js";
import { fetch } from "./access.js";
import { Arrival, arriveByBranch } from "./branch-target.js";
import { debugExceptionsRoutedToEl2, debugTarget, ExceptionClass, setFar, takeSynchronous } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { Scr, Word, wordOf } from "./register-words.js";
import { PeState } from "./state-layout.js";
import { lowestTarget } from "./system-register-access.js";

/** What self-hosted debug has to do at the current level: bits of `ProcessingElement.debugEvents`. */
export const DebugEvent = { step: 1, breakpoint: 2 } as const;

const breakpoints = Array.from({ length: 6 }, (_, n) => ({
  value: wordOf(`DBGBVR${n}_EL1`),
  control: wordOf(`DBGBCR${n}_EL1`),
}));
const watchpoints = Array.from({ length: 4 }, (_, n) => ({
  value: wordOf(`DBGWVR${n}_EL1`),
  control: wordOf(`DBGWCR${n}_EL1`),
}));
const contextId = wordOf("CONTEXTIDR_EL1");
/** Breakpoints that can match a context: the last two (ID_AA64DFR0_EL1.CTX_CMPs). */
const firstContextAware = 4;

const SS = 1;
const KDE = 1 << 13;
const MDE = 1 << 15;
const SDD = 1 << 16;
const OSLK = 2;
/** IFSC and DFSC of debug exceptions. */
const debugStatus = 0b100010;
const stepValid = 1 << 24;
const stepExclusive = 1 << 6;
const two32 = 2 ** 32;

/**
 * Whether debug exceptions other than BRK can be taken at a level (AArch64.GenerateDebugExceptionsFrom); `masked`: PSTATE.D. `el` may be a
 * level that is about to be returned to: its Security state is SCR_EL3's.
 */
function enabledAt(pe: ProcessingElement, el: number, masked: boolean): boolean {
  if ((pe.register(Word.OSLSR_EL1) & OSLK) !== 0 || (pe.register(Word.OSDLR_EL1) & 1) !== 0) return false;
  const secure = pe.haveEl3 && (el === 3 || (pe.register(Word.SCR_EL3) & Scr.NS) === 0);
  if (secure && (pe.register(Word.MDCR_EL3) & SDD) !== 0) return false;
  // Unlike BRK, they are never taken to the current level because it is above the one that they are routed to.
  const target = debugExceptionsRoutedToEl2(pe) ? 2 : 1;
  return el < target || (el === target && (pe.register(Word.MDSCR_EL1) & KDE) !== 0 && !masked);
}

function enabledNow(pe: ProcessingElement): boolean {
  return enabledAt(pe, pe.el, (pe.state(PeState.daif) & 8) !== 0);
}

/** Events that may happen at the current level, whatever PSTATE.D, which generated code changes by itself. */
export function debugEventsOf(pe: ProcessingElement): number {
  const mdscr = pe.register(Word.MDSCR_EL1);
  if ((mdscr & (SS | MDE)) === 0 || !enabledAt(pe, pe.el, false)) return 0;
  let events = mdscr & SS ? DebugEvent.step : 0;
  if (mdscr & MDE && breakpoints.some(({ control }) => (pe.register(control) & 1) !== 0))
    events |= DebugEvent.breakpoint;
  return events;
}

/** Whether any watchpoint is on, at whatever level. */
export function anyWatchpoint(pe: ProcessingElement): boolean {
  if ((pe.register(Word.MDSCR_EL1) & MDE) === 0) return false;
  return watchpoints.some(({ control }) => (pe.register(control) & 1) !== 0);
}

/**
 * PSTATE.SS after an ERET with this SPSR to `target` (DebugExceptionReturnSS): SPSR.SS where stepping is off before the return and
 * on after it. Call it before the return.
 */
export function returnsStepping(pe: ProcessingElement, spsr: number, target: number): boolean {
  if ((spsr & 0x20_0000) === 0 || (pe.register(Word.MDSCR_EL1) & SS) === 0 || enabledNow(pe)) return false;
  return enabledAt(pe, target, (spsr & 0x200) !== 0);
}

/** Whether a control register's PMC (or PAC), HMC and SSC choose the current level (AArch64.StateMatch). */
function stateMatches(pe: ProcessingElement, control: number, el: number): boolean {
  const modes = (control >> 1) & 3;
  const higher = (control & 0x2000) !== 0;
  const security = (control >> 14) & 3;
  if (security === 1 && pe.secure) return false;
  if (security === 2 && !pe.secure) return false;
  switch (el) {
    case 0:
      return (modes & 2) !== 0;
    case 1:
      return (modes & 1) !== 0;
    case 2:
      return higher && (security !== 3 || modes === 0 || (modes & 1) !== 0);
    default:
      return higher && security !== 1 && security !== 3;
  }
}

/** The linked context breakpoint `n` matches CONTEXTIDR_EL1 (BT 0b0011). */
function linkMatches(pe: ProcessingElement, n: number): boolean {
  const linked = breakpoints[n];
  if (linked === undefined || n < firstContextAware) return false;
  const control = pe.register(linked.control);
  return (control & 1) !== 0 && ((control >> 20) & 15) === 3 && pe.register(linked.value) === pe.register(contextId);
}

function breakpointMatches(pe: ProcessingElement): boolean {
  if ((pe.register(Word.MDSCR_EL1) & MDE) === 0) return false;
  for (let n = 0; n < breakpoints.length; n++) {
    const { value, control } = breakpoints[n]!;
    const bits = pe.register(control);
    if ((bits & 1) === 0 || !stateMatches(pe, bits, pe.el)) continue;
    const type = (bits >> 20) & 15;
    if (type === 2 && n >= firstContextAware && pe.register(value) === pe.register(contextId)) return true;
    if (type > 1) continue;
    // VA[48:2], with the bits above a copy of bit 48.
    const sameLow = (pe.register(value) & ~3) === (pe.pcLow & ~3);
    const sameHigh = ((pe.register(value + 1) ^ pe.pcHigh) & 0x1_ffff) === 0;
    if (sameLow && sameHigh && (type === 0 || linkMatches(pe, (bits >> 16) & 15))) return true;
  }
  return false;
}

function takeDebug(pe: ProcessingElement, lowerClass: number, iss: number): void {
  const target = debugTarget(pe);
  takeSynchronous(pe, target, lowerClass + (target === pe.el ? 1 : 0), iss | debugStatus);
}

const exclusiveLoads = (instruction: number): boolean =>
  // LDXR, LDAXR, LDXP, LDAXP: load/store exclusive with o2 = 0 and L = 1.
  (instruction & 0x3f00_0000) === 0x0800_0000 && (instruction & 0x0080_0000) === 0 && (instruction & 0x0040_0000) !== 0;

/**
 * To be called before each instruction while `pe.debugEvents` isn't 0. Takes the Software Step or Breakpoint exception that is due, and
 * says whether it did. Otherwise the instruction is to be executed alone and followed by {@link afterInstruction}.
 */
export function beforeInstruction(pe: ProcessingElement): boolean {
  const stepping = (pe.debugEvents & DebugEvent.step) !== 0 && enabledNow(pe);
  if (stepping && pe.state(PeState.ss) === 0) {
    const iss = pe.stepped === 0 ? 0 : stepValid | (pe.stepped === 2 ? stepExclusive : 0);
    pe.stepped = 0;
    takeDebug(pe, ExceptionClass.softwareStepLower, iss);
    return true;
  }
  if ((pe.debugEvents & DebugEvent.breakpoint) !== 0 && enabledNow(pe) && breakpointMatches(pe)) {
    takeDebug(pe, ExceptionClass.breakpointLower, 0);
    return true;
  }
  pe.stepped = 0;
  if (pe.state(PeState.il) !== 0) {
    takeIllegalState(pe);
    return true;
  }
  if (pe.state(PeState.btype) !== 0 && arriveByBranch(pe) !== Arrival.passes) return true;
  if (stepping) pe.stepping = exclusiveLoads(currentInstruction(pe)) ? 2 : 1;
  return false;
}

/** PSTATE.IL is set: the instruction at pc is an Illegal State exception, once it has been fetched without another one (D1.3.5.5). */
export function takeIllegalState(pe: ProcessingElement): void {
  if (fetch(pe) >= 0) takeSynchronous(pe, lowestTarget(pe), ExceptionClass.illegalState, 0);
}

/** To be called after the instruction that {@link beforeInstruction} let through, when it was executed. */
export function afterInstruction(pe: ProcessingElement): void {
  // An exception has put PSTATE.SS away, and SVC and its like have cleared it.
  if (pe.stepping !== 0 && pe.state(PeState.ss) !== 0) {
    pe.setState(PeState.ss, 0);
    pe.stepped = pe.stepping;
  }
  pe.stepping = 0;
}

/** The first byte that watchpoint `n` watches, and how many; -1 bytes when it is off. */
function watched(pe: ProcessingElement, n: number): { low: number; high: number; size: number } | undefined {
  const { value, control } = watchpoints[n]!;
  const bits = pe.register(control);
  if ((bits & 1) === 0) return undefined;
  const low = pe.register(value);
  const high = pe.register(value + 1);
  const mask = (bits >> 24) & 31;
  if (mask >= 3) return { low: mask < 32 ? low & (-1 << mask) : 0, high, size: 2 ** mask };
  const bytes = (bits >> 5) & 0xff;
  if (bytes === 0) return undefined;
  const first = 31 - Math.clz32(bytes & -bytes);
  const last = 31 - Math.clz32(bytes);
  return { low: (low & ~3) + first, high, size: last - first + 1 };
}

/** Distance of two addresses of 49 bits, exact while both are in the same half. */
function distance(low: number, high: number, baseLow: number, baseHigh: number): number {
  return ((high & 0x1_ffff) - (baseHigh & 0x1_ffff)) * two32 + ((low >>> 0) - (baseLow >>> 0));
}

/** Whether a page holds bytes that are watched: it gets no TLB tags for data. */
export function pageIsWatched(pe: ProcessingElement, low: number, high: number): boolean {
  for (let n = 0; n < watchpoints.length; n++) {
    const range = watched(pe, n);
    if (range === undefined) continue;
    const at = distance(range.low, range.high, low & ~4095, high);
    if (at < 4096 && at + range.size > 0) return true;
  }
  return false;
}

/**
 * Takes the Watchpoint exception that an access of `size` bytes makes, if any. `el` is the level that its privilege is of.
 */
export function takeWatchpoint(
  pe: ProcessingElement,
  low: number,
  high: number,
  size: number,
  write: boolean,
  el: number,
  iss: number,
): boolean {
  if (!enabledNow(pe)) return false;
  for (let n = 0; n < watchpoints.length; n++) {
    const range = watched(pe, n);
    if (range === undefined) continue;
    const control = pe.register(watchpoints[n]!.control);
    if ((control & (write ? 0x10 : 0x08)) === 0 || !stateMatches(pe, control, el)) continue;
    if (control & 0x10_0000 && !linkMatches(pe, (control >> 16) & 15)) continue;
    const at = distance(range.low, range.high, low, high);
    if (at >= size || at + range.size <= 0) continue;
    // FAR: the first byte of the access that is watched.
    const offset = Math.max(at, 0);
    const farLow = (low + offset) | 0;
    setFar(pe, debugTarget(pe), farLow, farLow >>> 0 < low >>> 0 ? (high + 1) | 0 : high);
    takeDebug(pe, ExceptionClass.watchpointLower, iss);
    return true;
  }
  return false;
}
