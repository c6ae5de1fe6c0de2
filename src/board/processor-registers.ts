import type { ProcessingElement } from "../cpu/processing-element.js";
import { readPstate, setPstate } from "../cpu/pstate.js";
import { PeState } from "../cpu/state-layout.js";
import { systemRegisters } from "../isa/system-registers/index.js";

interface RegisterAccess {
  /** Bits, for printing. */
  readonly width: 32 | 64 | 128;
  read(pe: ProcessingElement): bigint;
  write(pe: ProcessingElement, value: bigint): void;
}

/** A word of the state that holds a register as software sees it. */
function stateWord(offset: number): RegisterAccess {
  return {
    width: 32,
    read: (pe) => BigInt(pe.state(offset) >>> 0),
    write: (pe, value) => pe.setState(offset, Number(value & 0xffff_ffffn) | 0),
  };
}

function vector(n: number): RegisterAccess {
  const at = (pe: ProcessingElement): number => (pe.base + PeState.v + 16 * n) >> 3;
  return {
    width: 128,
    read: (pe) => pe.memory.u64[at(pe)]! | (pe.memory.u64[at(pe) + 1]! << 64n),
    write: (pe, value) => {
      pe.memory.u64[at(pe)] = BigInt.asUintN(64, value);
      pe.memory.u64[at(pe) + 1] = BigInt.asUintN(64, value >> 64n);
    },
  };
}

const general = (n: number): RegisterAccess => ({
  width: 64,
  read: (pe) => pe.x(n),
  write: (pe, value) => pe.setX(n, BigInt.asUintN(64, value)),
});

/** Every register of a PE by name, in the order in which they are listed: general, SIMD and FP, system. */
export const processorRegisters: ReadonlyMap<string, RegisterAccess> = new Map<string, RegisterAccess>([
  ...Array.from({ length: 31 }, (_, n) => [`X${n}`, general(n)] as const),
  ["SP", general(31)],
  [
    "PC",
    {
      width: 64,
      read: (pe) => pe.pc,
      write: (pe, value) => {
        pe.pc = BigInt.asUintN(64, value);
      },
    },
  ],
  [
    "PSTATE",
    {
      width: 32,
      read: (pe) => BigInt(readPstate(pe) >>> 0),
      write: (pe, value) => setPstate(pe, Number(value & 0xffff_ffffn) | 0),
    },
  ],
  ...Array.from({ length: 32 }, (_, n) => [`V${n}`, vector(n)] as const),
  ["FPCR", stateWord(PeState.fpcr)],
  ["FPSR", stateWord(PeState.fpsr)],
  ...systemRegisters
    .filter(({ name, read, alias }) => read < 4 && alias === undefined && name !== "FPCR" && name !== "FPSR")
    .map(({ name }): [string, RegisterAccess] => [
      name,
      {
        width: 64,
        read: (pe) => pe.readSystemRegister(name),
        write: (pe, value) => pe.writeSystemRegister(name, value),
      },
    ]),
]);

const exclusiveWords = [PeState.exclusiveAddress, PeState.exclusiveSize, PeState.exclusiveLow, PeState.exclusiveHigh];
const openMonitor = 2n ** 64n - 1n;

/** All registers of a PE, its exclusive monitor and whether it waits or is off, as bytes for a state hash. */
export function registerBytes(pe: ProcessingElement): Uint8Array {
  const values = [...processorRegisters.values()].map((register) => register.read(pe));
  const exclusive = exclusiveWords.map((offset) => pe.memory.u64[(pe.base + offset) >> 3]!);
  // What an open monitor saw last is nobody's business.
  values.push(...(exclusive[0] === openMonitor ? exclusive.map(() => openMonitor) : exclusive));
  values.push(BigInt(pe.waiting), BigInt(pe.poweredOff), BigInt(pe.state(PeState.event)));
  const bytes = new Uint8Array(values.length * 16);
  const words = new BigUint64Array(bytes.buffer);
  for (const [i, value] of values.entries()) {
    words[2 * i] = BigInt.asUintN(64, value);
    words[2 * i + 1] = BigInt.asUintN(64, value >> 64n);
  }
  return bytes;
}
