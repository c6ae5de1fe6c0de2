/** Where cases' data and code lie: the runner maps these, and the other executors pretend to. */
export const codeAddress = 0x2000_0000;
export const dataAddress = 0x200b_0000;
export const dataBytes = 4096;
/** Bytes between the code of neighbouring cases, and how many cases' code there is room for. */
export const codeStride = 256;
export const codeSlots = 2560;
/** Instructions that a case can have. */
export const maximumWords = 63;

/** Address of the code of case number `index`; cases that run together are fewer than `codeSlots`. */
export function codeSlot(index: number): bigint {
  return BigInt(codeAddress + (index % codeSlots) * codeStride);
}

/** Bits of FPSR and FPCR that AArch64 state has: trap enables are RES0 here, as in QEMU and most cores. */
export const fpsrMask = 0x0800_009f;
export const fpcrMask = 0x07c8_0000;

/** What an unprivileged program sees of a PE, and its one buffer. */
export interface MachineState {
  pc: bigint;
  /** X0..X30, SP. */
  readonly x: BigUint64Array;
  /** V0..V31, low doubleword first. */
  readonly v: BigUint64Array;
  nzcv: number;
  fpcr: number;
  fpsr: number;
  readonly data: Uint8Array;
}

/** A state to start from, and instructions at `state.pc`. */
export interface Case {
  readonly state: MachineState;
  readonly code: readonly number[];
}

/** Why a case ended: it ran through, or what it did at `pc`. */
export type Ending = "end" | "undefined" | "fault" | "breakpoint" | "bus error" | "timeout" | "unsupported";

export interface Result {
  readonly ending: Ending;
  readonly state: MachineState;
}

export function emptyState(): MachineState {
  return {
    pc: BigInt(codeAddress),
    x: new BigUint64Array(32),
    v: new BigUint64Array(64),
    nzcv: 0,
    fpcr: 0,
    fpsr: 0,
    data: new Uint8Array(dataBytes),
  };
}

export function copyState(s: MachineState): MachineState {
  return { ...s, x: s.x.slice(), v: s.v.slice(), data: s.data.slice() };
}

/** Names and values of what differs between two results; empty when they agree. */
export function differences(a: Result, b: Result): string[] {
  const found: string[] = [];
  const differ = (name: string, x: bigint | number, y: bigint | number): void => {
    if (x !== y) found.push(`${name}: ${typeof x === "bigint" ? hex(x) : hex(x >>> 0)} / ${hex(y)}`);
  };
  if (a.ending !== b.ending) found.push(`ending: ${a.ending} / ${b.ending}`);
  differ("pc", a.state.pc, b.state.pc);
  for (let i = 0; i < 32; i++) differ(i === 31 ? "sp" : `x${i}`, a.state.x[i]!, b.state.x[i]!);
  for (let i = 0; i < 32; i++) {
    const [p, q] = [a, b].map((r) => (r.state.v[2 * i + 1]! << 64n) | r.state.v[2 * i]!);
    differ(`v${i}`, p!, q!);
  }
  differ("nzcv", a.state.nzcv, b.state.nzcv);
  differ("fpcr", a.state.fpcr & fpcrMask, b.state.fpcr & fpcrMask);
  differ("fpsr", a.state.fpsr & fpsrMask, b.state.fpsr & fpsrMask);
  // A store that faults at a page's end may have written a part.
  const faulted = a.ending === "fault" && b.ending === "fault";
  for (let i = 0; i < dataBytes && !faulted; i++) {
    if (a.state.data[i] !== b.state.data[i]) {
      differ(`byte ${i} of the data`, a.state.data[i]!, b.state.data[i]!);
      break;
    }
  }
  return found;
}

export function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
