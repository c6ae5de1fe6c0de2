import type { ProcessingElement } from "../cpu/processing-element.js";
import { Scr } from "../cpu/register-words.js";

/**
 * Leaves EL3 of a PE that was just reset as firmware does for an operating system (Documentation/arm64/booting.rst): Non-secure, at EL2
 * where there is one, with HVC enabled and pointer authentication not trapped.
 */
export function enterNonSecureState(pe: ProcessingElement): void {
  const bits = Scr.NS | (pe.haveEl2 ? Scr.HCE : 0) | Scr.API | Scr.APK;
  pe.writeSystemRegister("SCR_EL3", BigInt(bits));
  pe.setLevel(pe.haveEl2 ? 2 : 1, 1);
  pe.update();
}
