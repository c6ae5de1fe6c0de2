import { ExceptionClass, setFar, takeSynchronous } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Scr, Word } from "./register-words.js";
import { lowestTarget } from "./system-register-access.js";
import { TlbEntry, tlbEntries } from "./tlb-layout.js";
import { FaultStatus } from "./translation/fault-status.js";
import { AccessKind } from "./translation/walker.js";

/** Bits of a data abort's ISS. */
export const DataAbort = { write: 1 << 6, stage1Walk: 1 << 7, cacheMaintenance: 1 << 8 } as const;

const two32 = 2 ** 32;

/** Whether a status is a synchronous External abort, on a walk or not. */
function isExternal(status: number): boolean {
  return (status & 0b111000) === FaultStatus.external;
}

/** The level that takes an abort (AArch64.Abort): stage 2 to EL2, External aborts as SCR_EL3.EA and HCR_EL2.TEA say. */
function abortTarget(pe: ProcessingElement, status: number, stage2: boolean): number {
  if (isExternal(status) && pe.haveEl3 && (pe.register(Word.SCR_EL3) & Scr.EA) !== 0) return 3;
  if (pe.el < 2 && stage2) return 2;
  if (pe.el < 2 && isExternal(status) && pe.el2Enabled && (pe.hcrHigh & Hcr.highTEA) !== 0) return 2;
  return lowestTarget(pe);
}

/** Writes HPFAR_EL2: bits 51:12 of an IPA in bits 43:4; NS for a Non-secure one seen from Secure state. */
function setHpfar(pe: ProcessingElement, ipa: number): void {
  const page = Math.floor(ipa / 4096);
  pe.setRegister(Word.HPFAR_EL2, ((page % 0x1000_0000) << 4) | 0, Math.floor(page / 0x1000_0000) | 0);
}

/** The word of the instruction at pc, for syndromes that name its registers; 0 when it can't be read. */
export function currentInstruction(pe: ProcessingElement): number {
  const { walker, i32 } = pe;
  const low = pe.pcLow;
  const entry = (pe.tlbs.tlb(pe.tlbs.current) + ((low >>> 12) & (tlbEntries - 1)) * TlbEntry.size) >> 2;
  if (i32[entry + TlbEntry.execute / 4] === (low & ~0xfff) && i32[entry + TlbEntry.execute / 4 + 1] === pe.pcHigh)
    return i32[(low + i32[entry + TlbEntry.addend / 4]!) >>> 2]!;
  const { faultStatus, stage2Fault, onWalk, ipa } = walker;
  const ok = walker.translate(low, pe.pcHigh, AccessKind.execute, pe.regime, pe.el !== 0, false, pe.secure);
  const host = ok ? pe.physical.hostAddress(walker.physical, 4, !walker.nonSecure) : -1;
  walker.faultStatus = faultStatus;
  walker.stage2Fault = stage2Fault;
  walker.onWalk = onWalk;
  walker.ipa = ipa;
  return host < 0 ? 0 : pe.i32[host >>> 2]!;
}

/**
 * ISV and what goes with it, for the stage 2 data abort of a load or store of one general-purpose register without
 * writeback (DDI 0487 D17.2.37, "ISS encoding for an exception from a Data Abort"): bits 24 to 14, or 0.
 */
export function instructionSyndrome(instruction: number): number {
  const isv = 1 << 24;
  const size = (instruction >>> 30) & 3;
  const rt = instruction & 31;
  const syndrome = (sas: number, signed: boolean, wide: boolean, ordered: boolean): number =>
    isv | (sas << 22) | (signed ? 1 << 21 : 0) | (rt << 16) | (wide ? 1 << 15 : 0) | (ordered ? 1 << 14 : 0);
  // Load and store register: unsigned offset, unscaled, unprivileged, register offset; not the writeback and SIMD forms.
  if ((instruction & 0x3a00_0000) === 0x3800_0000 && (instruction & 0x0400_0000) === 0) {
    const unsignedOffset = (instruction & 0x0100_0000) !== 0;
    const mode = (instruction >>> 10) & 3;
    const registerOffset = (instruction & 0x0020_0000) !== 0;
    if (!unsignedOffset && (registerOffset ? mode !== 2 : mode === 1 || mode === 3)) return 0;
    const opc = (instruction >>> 22) & 3;
    if (size === 3 && opc >= 2) return 0;
    const signed = opc >= 2;
    return syndrome(size, signed, signed ? opc === 2 : size === 3, false);
  }
  // Load-acquire and store-release of one register (LDAR, STLR, LDLAR, STLLR), not the exclusives.
  if ((instruction & 0x3fa0_0000) === 0x0880_0000) return syndrome(size, false, size === 3, true);
  // LDAPUR and STLUR (FEAT_LRCPC2).
  if ((instruction & 0x3f20_0c00) === 0x1900_0000) {
    const opc = (instruction >>> 22) & 3;
    const signed = opc >= 2;
    return syndrome(size, signed, signed ? opc === 2 : size === 3, true);
  }
  return 0;
}

/**
 * Takes the data abort that the walker's last failure, or `status`, names. `iss`: the access's own bits ({@link DataAbort}).
 */
export function dataAbort(
  pe: ProcessingElement,
  low: number,
  high: number,
  status: number,
  iss: number,
  translation: boolean,
): void {
  const { walker } = pe;
  const stage2 = translation && walker.stage2Fault;
  const target = abortTarget(pe, status, stage2);
  let syndrome = iss | status;
  if (stage2) {
    if (walker.onWalk) syndrome |= DataAbort.stage1Walk;
    else if ((iss & DataAbort.cacheMaintenance) === 0 && target === 2)
      syndrome |= instructionSyndrome(currentInstruction(pe));
    // FIPA is valid for translation, access flag and address size faults, and all of those on a walk (D17.2.56).
    setHpfar(pe, walker.ipa);
  }
  setFar(pe, target, low, high);
  const same = target === pe.el;
  takeSynchronous(pe, target, same ? ExceptionClass.dataAbortSame : ExceptionClass.dataAbortLower, syndrome);
}

/** Takes the instruction abort of a fetch at pc. */
export function instructionAbort(pe: ProcessingElement, status: number, translation: boolean): void {
  const { walker } = pe;
  const stage2 = translation && walker.stage2Fault;
  const target = abortTarget(pe, status, stage2);
  let syndrome = status;
  if (stage2) {
    if (walker.onWalk) syndrome |= DataAbort.stage1Walk;
    setHpfar(pe, walker.ipa);
  }
  setFar(pe, target, pe.pcLow, pe.pcHigh);
  const same = target === pe.el;
  takeSynchronous(
    pe,
    target,
    same ? ExceptionClass.instructionAbortSame : ExceptionClass.instructionAbortLower,
    syndrome,
  );
}

/** A physical address as words: for PAR_EL1 and logs. */
export function splitAddress(address: number): { low: number; high: number } {
  return { low: (address % two32) | 0, high: Math.floor(address / two32) | 0 };
}
