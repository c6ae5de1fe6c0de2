import { entryState } from "./crossings.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Word } from "./register-words.js";
import { Interrupt, LevelRecord, PeState } from "./state-layout.js";

const interruptsAt = LevelRecord.interrupts >> 2;
const maskableAt = LevelRecord.maskableInterrupts >> 2;
const targetsAt = LevelRecord.interruptTargets >> 2;
const entriesAt = LevelRecord.interruptEntries >> 2;
const daifWord = PeState.daif >> 2;

/** The physical interrupts and the virtual ones that stand for them at EL1, with the controls that route them. */
const kinds = [
  { physical: Interrupt.irq, virtual: Interrupt.virq, scr: Scr.IRQ, hcr: Hcr.IMO },
  { physical: Interrupt.fiq, virtual: Interrupt.vfiq, scr: Scr.FIQ, hcr: Hcr.FMO },
  { physical: Interrupt.serror, virtual: Interrupt.vserror, scr: Scr.EA, hcr: Hcr.AMO },
] as const;

/** The level that a physical interrupt is routed to (D1.3.6.3), which may be below the current one. */
function physicalTarget(pe: ProcessingElement, scr: number, hcr: number): number {
  if (pe.haveEl3 && (pe.register(Word.SCR_EL3) & scr) !== 0) return 3;
  return pe.el2Enabled && (pe.hcrLow & (hcr | Hcr.TGE)) !== 0 ? 2 : 1;
}

/** Fills the part of the current level's record that says which interrupts it takes. */
export function keepRouting(pe: ProcessingElement, record: number): void {
  const { i32, el, hcrLow } = pe;
  const guest = el < 2 && pe.el2Enabled && (hcrLow & Hcr.TGE) === 0;
  let always = 0;
  let maskable = 0;
  let targets = 0;
  for (let n = 0; n < kinds.length; n++) {
    const { physical, virtual, scr, hcr } = kinds[n]!;
    const target = physicalTarget(pe, scr, hcr);
    targets |= target << (2 * n);
    // A higher level's interrupts aren't masked by PSTATE; EL1's at EL0 are, and EL2's at EL0 of a host. Lower ones' wait.
    if (target === el || (target > el && (target === 1 || (target === 2 && pe.host)))) maskable |= physical;
    else if (target > el) always |= physical;
    targets |= 1 << (2 * (n + kinds.length));
    if (guest && (hcrLow & hcr) !== 0) maskable |= virtual;
  }
  i32[record + interruptsAt] = always;
  i32[record + maskableAt] = maskable;
  i32[record + targetsAt] = targets;
  i32[record + entriesAt] = (entryState(pe, 1) << 2) | (entryState(pe, 2) << 4) | (entryState(pe, 3) << 6);
}

/** Of the interrupts that are pending, those that would be taken now: bits of {@link Interrupt}. */
export function takableInterrupts(pe: ProcessingElement): number {
  const { i32, w, levelRecord } = pe;
  const daif = i32[w + daifWord]!;
  // I, F and A are bits 1, 0 and 2 there.
  const physical = ((daif >> 1) & 1) | ((daif & 1) << 1) | (daif & 4);
  const masked = physical | (physical << 3);
  return pe.irqPending & (i32[levelRecord + interruptsAt]! | (i32[levelRecord + maskableAt]! & ~masked));
}

/** The level that one of {@link Interrupt} is taken to from the current one. */
export function interruptTarget(pe: ProcessingElement, interrupt: number): number {
  return (pe.i32[pe.levelRecord + targetsAt]! >> (2 * (31 - Math.clz32(interrupt)))) & 3;
}
