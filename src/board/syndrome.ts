import {
  genericName,
  systemEncoding,
  systemOperationByEncoding,
  systemRegisterByEncoding,
} from "../isa/system-registers/index.js";
import { exceptionName } from "./exception-names.js";

/** ESR_ELx in words. Field names and layouts are those of DDI 0487 D17.2.37. */

const bit = (iss: number, n: number): boolean => ((iss >>> n) & 1) !== 0;
const immediate = (iss: number): string => ` #${iss & 0xffff}`;
const register = (n: number): string => (n === 31 ? "XZR" : `X${n}`);

/** Fault status codes that have a level, without it. */
const leveledFaults: Readonly<Record<number, string>> = {
  0: "address size fault",
  4: "translation fault",
  8: "access flag fault",
  12: "permission fault",
  20: "external abort on a table walk",
  28: "parity or ECC error on a table walk",
};

const faults: Readonly<Record<number, string>> = {
  16: "external abort: nothing is there",
  17: "tag check fault",
  24: "parity or ECC error",
  33: "alignment fault",
  48: "TLB conflict",
  52: "lockdown fault",
  53: "exclusive or atomic access to memory that can't have it",
};

/** A fault status code (DFSC, IFSC) in words. */
function fault(status: number): string {
  const known = faults[status];
  if (known !== undefined) return known;
  const leveled = leveledFaults[status & 0b111100];
  return leveled === undefined ? `fault status 0x${status.toString(16)}` : `${leveled}, level ${status & 3}`;
}

function instructionAbort(iss: number): string {
  return ` (${fault(iss & 0x3f)}${bit(iss, 7) ? ", stage 2 on a stage 1 walk" : ""})`;
}

function dataAbort(iss: number): string {
  const what = [fault(iss & 0x3f), bit(iss, 6) ? "write" : "read"];
  if (bit(iss, 8)) what.push("cache maintenance");
  if (bit(iss, 7)) what.push("stage 2 on a stage 1 walk");
  if (bit(iss, 24)) {
    const size = 1 << ((iss >>> 22) & 3);
    const name = register((iss >>> 16) & 31);
    const extended = bit(iss, 21) ? " sign-extended" : "";
    const ordered = bit(iss, 14) ? ", ordered" : "";
    what.push(`${size} byte${size > 1 ? "s" : ""}${extended} ${bit(iss, 6) ? "from" : "to"} ${name}${ordered}`);
  }
  if (bit(iss, 10)) what.push("FAR not valid");
  return ` (${what.join(", ")})`;
}

/** PSTATE fields that MSR (immediate) writes, by op1 and op2. */
const pstateFields: Readonly<Record<string, string>> = {
  "0.3": "UAO",
  "0.4": "PAN",
  "0.5": "SPSel",
  "3.1": "SSBS",
  "3.2": "DIT",
  "3.4": "TCO",
  "3.6": "DAIFSet",
  "3.7": "DAIFClr",
};

/** A trapped MSR, MRS or system instruction (EC 0x18) as assembly has it. */
function systemAccess(iss: number): string {
  const [op0, op2, op1] = [(iss >>> 20) & 3, (iss >>> 17) & 7, (iss >>> 14) & 7];
  const [crn, rt, crm] = [(iss >>> 10) & 15, (iss >>> 5) & 31, (iss >>> 1) & 15];
  const encoding = systemEncoding(op0, op1, crn, crm, op2);
  if (op0 === 0 && crn === 4) return ` (MSR ${pstateFields[`${op1}.${op2}`] ?? "immediate"}, #${crm})`;
  if (op0 === 1) return ` (${systemOperationByEncoding(encoding)?.name ?? genericName(encoding)}, ${register(rt)})`;
  const name = systemRegisterByEncoding(encoding)?.name ?? genericName(encoding);
  return bit(iss, 0) ? ` (MRS ${register(rt)}, ${name})` : ` (MSR ${name}, ${register(rt)})`;
}

const waits = ["WFI", "WFE", "WFIT", "WFET"] as const;
const erets = ["ERET", "ERET", "ERETAA", "ERETAB"] as const;
const keys = ["APIA", "APIB", "APDA", "APDB"] as const;

/** What the ISS of an exception class says, in words that follow the class's name. */
const syndromes: Readonly<Record<number, (iss: number) => string>> = {
  1: (iss) => ` (${waits[iss & 3]})`,
  13: (iss) => ` (BTYPE ${iss & 3})`,
  21: immediate,
  22: immediate,
  23: immediate,
  24: systemAccess,
  26: (iss) => ` (${erets[iss & 3]})`,
  28: (iss) => ` (key ${keys[iss & 3]})`,
  32: instructionAbort,
  33: instructionAbort,
  36: dataAbort,
  37: dataAbort,
  51: (iss) => (bit(iss, 24) && bit(iss, 6) ? " (load-exclusive)" : ""),
  52: (iss) => ` (${bit(iss, 6) ? "write" : "read"})`,
  53: (iss) => ` (${bit(iss, 6) ? "write" : "read"})`,
  60: immediate,
};

/** Whether FAR_ELx holds the address that the exception is about. */
export function hasFaultAddress(esr: number): boolean {
  const exceptionClass = esr >>> 26;
  if (exceptionClass === 0x34 || exceptionClass === 0x35 || exceptionClass === 0x22) return true;
  return exceptionClass >= 0x20 && exceptionClass <= 0x25 && !bit(esr, 10);
}

/** Whether it is an abort of stage 2 of the translation, for which HPFAR_EL2 holds the IPA; it was taken to `target`. */
export function isStage2Abort(esr: number, target: number): boolean {
  const exceptionClass = esr >>> 26;
  const status = esr & 0x3f;
  if (target !== 2 || (exceptionClass !== 0x20 && exceptionClass !== 0x24)) return false;
  return status < 0x10;
}

/** An exception in words: "Data Abort (translation fault, level 1, write)". `vector` is its offset from VBAR_ELx. */
export function describeException(esr: number, vector: number): string {
  const interrupt = (vector >> 7) & 3;
  if (interrupt !== 0) return exceptionName(63 + interrupt);
  const exceptionClass = esr >>> 26;
  return exceptionName(exceptionClass) + (syndromes[exceptionClass]?.(esr & 0x1ff_ffff) ?? "");
}
