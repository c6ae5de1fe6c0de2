import type { ProcessingElement } from "./processing-element.js";
import { PeState } from "./state-layout.js";

const word = (offset: number): number => offset >> 2;
const flagN = word(PeState.flagN);
const flagZ = word(PeState.flagZ);
const flagC = word(PeState.flagC);
const flagV = word(PeState.flagV);
const el = word(PeState.el);
const spSel = word(PeState.spSel);
const daif = word(PeState.daif);
const pan = word(PeState.pan);
const uao = word(PeState.uao);
const dit = word(PeState.dit);
const tco = word(PeState.tco);
const ssbs = word(PeState.ssbs);
const btype = word(PeState.btype);
const il = word(PeState.il);
const ss = word(PeState.ss);

/** NZCV in bits 31:28. */
export function readNzcv(pe: ProcessingElement): number {
  const { i32, w } = pe;
  return (
    (i32[w + flagN]! & 0x8000_0000) |
    (i32[w + flagZ] === 0 ? 0x4000_0000 : 0) |
    (i32[w + flagC]! << 29) |
    ((i32[w + flagV]! >>> 31) << 28)
  );
}

/** Sets the flags from bits 31:28. */
export function writeNzcv(pe: ProcessingElement, value: number): void {
  const { i32, w } = pe;
  i32[w + flagN] = value & 0x8000_0000;
  i32[w + flagZ] = value & 0x4000_0000 ? 0 : 1;
  i32[w + flagC] = (value >>> 29) & 1;
  i32[w + flagV] = (value << 3) & 0x8000_0000;
}

/** PSTATE as SPSR_ELx saves it (GetPSRFromPSTATE, AArch64). */
export function readPstate(pe: ProcessingElement): number {
  const { i32, w } = pe;
  return (
    readNzcv(pe) |
    (i32[w + tco]! << 25) |
    (i32[w + dit]! << 24) |
    (i32[w + uao]! << 23) |
    (i32[w + pan]! << 22) |
    (i32[w + ss]! << 21) |
    (i32[w + il]! << 20) |
    (i32[w + ssbs]! << 12) |
    (i32[w + btype]! << 10) |
    (i32[w + daif]! << 6) |
    (i32[w + el]! << 2) |
    i32[w + spSel]!
  );
}

/**
 * Sets PSTATE from an SPSR but for EL, SP, IL and SS, which have rules of their own (SetPSTATEFromPSR). Fields of
 * features that the PE lacks stay 0. `illegal`: of an illegal return, which leaves fields as they are that it may make UNKNOWN.
 */
export function writePstateFields(pe: ProcessingElement, spsr: number, illegal = false): void {
  const { i32, w } = pe;
  writeNzcv(pe, spsr);
  i32[w + daif] = (spsr >>> 6) & 15;
  if (pe.havePan) i32[w + pan] = (spsr >>> 22) & 1;
  if (illegal) return;
  if (pe.haveUao) i32[w + uao] = (spsr >>> 23) & 1;
  if (pe.haveSsbs) i32[w + ssbs] = (spsr >>> 12) & 1;
  if (pe.haveDit) i32[w + dit] = (spsr >>> 24) & 1;
  if (pe.haveBti) i32[w + btype] = (spsr >>> 10) & 3;
  if (pe.haveMte) i32[w + tco] = (spsr >>> 25) & 1;
}

/** Sets all of PSTATE as a debugger or a monitor: the PE goes to the EL that the value names, without any check. */
export function setPstate(pe: ProcessingElement, spsr: number): void {
  writePstateFields(pe, spsr);
  pe.i32[pe.w + il] = (spsr >>> 20) & 1;
  pe.i32[pe.w + ss] = (spsr >>> 21) & 1;
  pe.setLevel((spsr >>> 2) & 3, spsr & 1);
  pe.update();
  pe.updateInterrupts();
}
