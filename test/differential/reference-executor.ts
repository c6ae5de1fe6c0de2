import { ReferenceEvaluator } from "../../src/interpreter/reference-evaluator.js";
import { AccessFlag, PeState } from "../../src/ir/index.js";
import { updateFpFast } from "../../src/isa/fp/fp-fast.js";
import type { InstructionTable } from "../../src/isa/table.js";
import type { Core } from "./cores.js";
import type { Executor } from "./executor.js";
import { type Case, dataAddress, dataBytes, type Ending, type Result } from "./machine-state.js";

const dataOffset = PeState.size;

/** Accesses that must be aligned: none of these cores is compared with FEAT_LSE2, which QEMU 7.2 lacks. */
export const alignedAccess = AccessFlag.exclusive | AccessFlag.atomic | AccessFlag.ordered;

/** Puts a case's state into a PE's state block at `base` of `memory`. */
export function loadState(memory: DataView, base: number, c: Case): void {
  const s = c.state;
  const flag = (bit: number): number => (s.nzcv >> bit) & 1;
  for (let i = 0; i < PeState.size; i += 8) memory.setBigUint64(base + i, 0n, true);
  for (let i = 0; i < 32; i++) memory.setBigUint64(base + PeState.x + 8 * i, s.x[i]!, true);
  for (let i = 0; i < 64; i++) memory.setBigUint64(base + PeState.v + 8 * i, s.v[i]!, true);
  memory.setBigUint64(base + PeState.pc, s.pc, true);
  memory.setInt32(base + PeState.flagN, -flag(3), true);
  memory.setInt32(base + PeState.flagZ, 1 - flag(2), true);
  memory.setInt32(base + PeState.flagC, flag(1), true);
  memory.setInt32(base + PeState.flagV, -flag(0), true);
  memory.setInt32(base + PeState.fpsr, s.fpsr, true);
  memory.setInt32(base + PeState.fpcr, s.fpcr, true);
  memory.setBigInt64(base + PeState.exclusiveAddress, -1n, true);
  updateFpFast(memory, base);
}

/** Reads a PE's state block back. `data` is copied. */
export function saveState(memory: DataView, base: number, data: Uint8Array): Result["state"] {
  const word = (offset: number): number => memory.getInt32(base + offset, true);
  const longs = (offset: number, n: number): BigUint64Array =>
    BigUint64Array.from({ length: n }, (_, i) => memory.getBigUint64(base + offset + 8 * i, true));
  const n = word(PeState.flagN) < 0 ? 8 : 0;
  const z = word(PeState.flagZ) === 0 ? 4 : 0;
  const c = word(PeState.flagC) !== 0 ? 2 : 0;
  const v = word(PeState.flagV) < 0 ? 1 : 0;
  return {
    pc: memory.getBigUint64(base + PeState.pc, true),
    x: longs(PeState.x, 32),
    v: longs(PeState.v, 64),
    nzcv: n | z | c | v,
    fpcr: word(PeState.fpcr) >>> 0,
    fpsr: word(PeState.fpsr) >>> 0,
    data: data.slice(),
  };
}

/** Runs cases on the reference evaluator. */
export class ReferenceExecutor implements Executor {
  readonly name = "reference evaluator";
  private readonly memory = new DataView(new ArrayBuffer(PeState.size + dataBytes));
  private readonly data = new Uint8Array(this.memory.buffer, dataOffset, dataBytes);
  private ending: Ending = "end";
  private readonly evaluator = new ReferenceEvaluator({
    memory: this.memory,
    base: 0,
    access: (size, flags, address) => {
      if ((flags & alignedAccess) !== 0 && address % BigInt(size) !== 0n) {
        this.ending = "bus error";
        return undefined;
      }
      const offset = address - BigInt(dataAddress);
      if (offset >= 0n && offset + BigInt(size) <= BigInt(dataBytes)) return dataOffset + Number(offset);
      this.ending = "fault";
      return undefined;
    },
    environment: (name) => {
      this.ending = name === "undefined" ? "undefined" : "unsupported";
      return undefined;
    },
  });

  constructor(
    private readonly table: InstructionTable,
    private readonly core: Core,
  ) {}

  run(cases: readonly Case[]): Result[] {
    return cases.map((c) => this.runCase(c));
  }

  private runCase(c: Case): Result {
    loadState(this.memory, 0, c);
    this.data.set(c.state.data);
    this.ending = "end";
    const end = c.state.pc + BigInt(4 * c.code.length);
    for (let steps = 0; this.evaluator.pc !== end; steps++) {
      const index = Number(this.evaluator.pc - c.state.pc) / 4;
      const word = c.code[index];
      const instruction = word === undefined ? undefined : this.table.decode(word | 0, this.core.features);
      if (word === undefined) this.ending = "fault";
      else if (instruction === undefined) this.ending = "undefined";
      else if (steps > 10_000) this.ending = "timeout";
      else if (this.evaluator.step(instruction) !== "left") continue;
      break;
    }
    return { ending: this.ending, state: saveState(this.memory, 0, this.data) };
  }
}
