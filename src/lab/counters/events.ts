import { exceptionName } from "../../board/exception-names.js";
import { ObservedBarrier } from "../../isa/observed.js";
import { genericName, systemOperationByEncoding, systemRegisterByEncoding } from "../../isa/system-registers/index.js";

/** What is counted. `detail` and its meaning follow from the kind. */
export const EventKind = {
  /** Exception level. */
  instruction: 0,
  /** Class (as ProcessingElement.exceptionCounts has them) * 16 + from * 4 + to. */
  exception: 1,
  /** From * 4 + to. */
  exceptionReturn: 2,
  /** 0 read, 1 write, 2 fetch. */
  tlbMiss: 3,
  /** Stage. */
  walkRead: 4,
  /** Encoding of the system register. */
  registerRead: 5,
  /** Encoding of the system register, or 0:op1:4:CRm:op2 of MSR (immediate). */
  registerWrite: 6,
  /** ObservedBarrier. */
  barrier: 7,
  /** Encoding of the system instruction. */
  systemInstruction: 8,
  /** Number of the device. */
  mmioRead: 9,
  mmioWrite: 10,
  /** 0. */
  wait: 11,
} as const;

export type EventKindName = keyof typeof EventKind;
const kindNames = Object.keys(EventKind) as EventKindName[];

/** A kind of event that a crossing had. */
export interface Event {
  readonly kind: EventKindName;
  /** What it is in words: "EL1", "SVC EL0 to EL1", "TTBR0_EL1", "TLBI VAE1IS", "pl011". */
  readonly name: string;
  /** Exception levels that it leaves and enters, or where instructions execute. */
  readonly from?: number;
  readonly to?: number;
}

/** One number for a kind and a detail (below 2^20). */
export function eventKey(kind: number, detail: number): number {
  return kind * 2 ** 20 + detail;
}

const accesses = ["read", "write", "fetch"] as const;
const barriers: readonly string[] = Object.keys(ObservedBarrier).map((name) => name.toUpperCase());

/** The event that a key stands for; `devices` are the devices' names by number. */
export function eventOf(key: number, devices: readonly string[]): Event {
  const kind = kindNames[Math.floor(key / 2 ** 20)]!;
  const detail = key % 2 ** 20;
  const [from, to] = [(detail >> 2) & 3, detail & 3];
  switch (kind) {
    case "instruction":
      return { kind, name: `EL${detail}`, from: detail, to: detail };
    case "exception":
      return { kind, name: `${exceptionName(detail >> 4)} EL${from} to EL${to}`, from, to };
    case "exceptionReturn":
      return { kind, name: `ERET EL${from} to EL${to}`, from, to };
    case "tlbMiss":
      return { kind, name: accesses[detail]! };
    case "walkRead":
      return { kind, name: `stage ${detail}` };
    case "registerRead":
    case "registerWrite":
      return { kind, name: registerName(detail) };
    case "barrier":
      return { kind, name: barriers[detail]! };
    case "systemInstruction":
      return { kind, name: systemOperationByEncoding(detail)?.name ?? genericName(detail) };
    case "mmioRead":
    case "mmioWrite":
      return { kind, name: devices[detail]! };
    case "wait":
      return { kind, name: "WFI" };
  }
}

function registerName(encoding: number): string {
  return encoding >> 14 === 0 ? "PSTATE" : (systemRegisterByEncoding(encoding)?.name ?? genericName(encoding));
}
