import { ExceptionClass, takeException, Vector } from "./exceptions.js";
import { Interrupt, type ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Word } from "./register-words.js";
import { PeState } from "./state-layout.js";

const daifWord = PeState.daif >> 2;
const maskF = 1;
const maskI = 2;
const maskA = 4;

/** The level that takes a physical interrupt now (D1.3.6.3), or 0 while it is masked or belongs to a lower level. */
function physicalTarget(pe: ProcessingElement, scrBit: number, hcrBit: number, mask: number): number {
  const el = pe.el;
  const masked = (pe.i32[pe.w + daifWord]! & mask) !== 0;
  let target = 1;
  if (pe.haveEl3 && (pe.register(Word.SCR_EL3) & scrBit) !== 0) target = 3;
  else if (pe.el2Enabled && (pe.hcrLow & (hcrBit | Hcr.TGE)) !== 0) target = 2;
  if (target < el) return 0;
  if (target === el) return masked ? 0 : target;
  // A higher level's interrupts aren't masked by PSTATE; EL1's at EL0 are, and EL2's at EL0 of a host.
  if (target === 1 || (target === 2 && pe.host)) return masked ? 0 : target;
  return target;
}

function virtualTarget(pe: ProcessingElement, hcrBit: number, mask: number): number {
  if (pe.el > 1 || !pe.el2Enabled || (pe.hcrLow & Hcr.TGE) !== 0 || (pe.hcrLow & hcrBit) === 0) return 0;
  return (pe.i32[pe.w + daifWord]! & mask) !== 0 ? 0 : 1;
}

/**
 * Finds the interrupt to take: its level in bits 1:0 and which one above, or 0. The order is IMPLEMENTATION DEFINED
 * (D1.3.6); it is QEMU's: FIQ, IRQ, SError, then the virtual IRQ, FIQ and SError.
 */
function choose(pe: ProcessingElement): number {
  const pending = pe.irqPending;
  let target = 0;
  if (pending & Interrupt.fiq && (target = physicalTarget(pe, Scr.FIQ, Hcr.FMO, maskF)))
    return target | (Interrupt.fiq << 2);
  if (pending & Interrupt.irq && (target = physicalTarget(pe, Scr.IRQ, Hcr.IMO, maskI)))
    return target | (Interrupt.irq << 2);
  if (pending & Interrupt.serror && (target = physicalTarget(pe, Scr.EA, Hcr.AMO, maskA)))
    return target | (Interrupt.serror << 2);
  if (pending & Interrupt.virq && (target = virtualTarget(pe, Hcr.IMO, maskI))) return target | (Interrupt.virq << 2);
  if (pending & Interrupt.vfiq && (target = virtualTarget(pe, Hcr.FMO, maskF))) return target | (Interrupt.vfiq << 2);
  if (pending & Interrupt.vserror && (target = virtualTarget(pe, Hcr.AMO, maskA)))
    return target | (Interrupt.vserror << 2);
  return 0;
}

/** Whether {@link takeInterrupt} would take one. */
export function interruptIsPendingUnmasked(pe: ProcessingElement): boolean {
  return pe.irqPending !== 0 && choose(pe) !== 0;
}

/** Takes the most urgent interrupt that is pending and unmasked, at an instruction boundary. False when there is none. */
export function takeInterrupt(pe: ProcessingElement): boolean {
  if (pe.irqPending === 0) return false;
  const chosen = choose(pe);
  if (chosen === 0) return false;
  const target = chosen & 3;
  const which = chosen >> 2;
  if (which & (Interrupt.fiq | Interrupt.vfiq)) takeException(pe, target, Vector.fiq, -1);
  else if (which & (Interrupt.irq | Interrupt.virq)) takeException(pe, target, Vector.irq, -1);
  else {
    // An uncontainable or IMPLEMENTATION DEFINED error: ISS 0, or what EL2 gave for a virtual one (VSESR_EL2).
    let iss = 0;
    if (which === Interrupt.vserror) {
      if (pe.has("FEAT_RAS")) iss = pe.register(Word.VSESR_EL2) & 0x1ff_ffff;
      // Taking it clears HCR_EL2.VSE.
      pe.setRegister(Word.HCR_EL2, pe.register(Word.HCR_EL2) & ~Hcr.VSE, pe.register(Word.HCR_EL2 + 1));
    } else pe.setInterrupt("serror", false);
    takeException(pe, target, Vector.serror, (ExceptionClass.serror << 26) | 0x200_0000 | iss);
  }
  pe.updateInterrupts();
  return true;
}
