import { ExceptionClass, takeException, Vector } from "./exceptions.js";
import { interruptTarget, takableInterrupts } from "./interrupt-routing.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Word } from "./register-words.js";
import { Interrupt } from "./state-layout.js";

/** The order is IMPLEMENTATION DEFINED (D1.3.6); it is QEMU's: FIQ, IRQ, SError, then the virtual IRQ, FIQ and SError. */
const order = [
  Interrupt.fiq,
  Interrupt.irq,
  Interrupt.serror,
  Interrupt.virq,
  Interrupt.vfiq,
  Interrupt.vserror,
] as const;

/** Whether {@link takeInterrupt} would take one. */
export function interruptIsPendingUnmasked(pe: ProcessingElement): boolean {
  return pe.irqPending !== 0 && takableInterrupts(pe) !== 0;
}

/** Takes the most urgent interrupt that is pending and unmasked, at an instruction boundary. False when there is none. */
export function takeInterrupt(pe: ProcessingElement): boolean {
  if (pe.irqPending === 0) return false;
  const takable = takableInterrupts(pe);
  if (takable === 0) return false;
  let which = 0;
  for (let n = 0; which === 0; n++) which = takable & order[n]!;
  const target = interruptTarget(pe, which);
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
