import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runTool } from "../support/tools.js";
import type { Core } from "./cores.js";
import type { Executor } from "./executor.js";
import {
  type Case,
  codeSlots,
  dataBytes,
  type Ending,
  type MachineState,
  maximumWords,
  type Result,
} from "./machine-state.js";

const directory = fileURLToPath(new URL("../../.cache/differential", import.meta.url));
const source = fileURLToPath(new URL("runner", import.meta.url));

const registerBytes = 8 + 32 * 8 + 64 * 8 + 16;
const requestBytes = registerBytes + (maximumWords + 1) * 4 + dataBytes;
const responseBytes = registerBytes + 8 + dataBytes;

const endings: { readonly [signal: number]: Ending } = {
  4: "undefined",
  5: "breakpoint",
  7: "bus error",
  11: "fault",
  14: "timeout",
};

/** Builds the runner unless it is up to date; gives its path. */
export function buildRunner(): string {
  runTool("make", ["-s", "-C", source, `OUT=${directory}`]);
  return `${directory}/runner`;
}

/** Runs cases under qemu-aarch64 as one of its cores. */
export class QemuExecutor implements Executor {
  readonly name: string;
  private readonly runner = buildRunner();

  constructor(private readonly core: Core) {
    this.name = `qemu-aarch64 -cpu ${core.qemu}`;
  }

  run(cases: readonly Case[]): Result[] {
    const results: Result[] = [];
    for (let i = 0; i < cases.length; i += codeSlots) results.push(...this.runBatch(cases.slice(i, i + codeSlots)));
    return results;
  }

  private runBatch(cases: readonly Case[]): Result[] {
    const input = new Uint8Array(cases.length * requestBytes);
    const view = new DataView(input.buffer);
    cases.forEach((c, i) => {
      const s = c.state;
      const at = i * requestBytes;
      writeRegisters(view, at, s);
      view.setUint32(at + registerBytes - 4, c.code.length, true);
      c.code.forEach((word, k) => {
        view.setUint32(at + registerBytes + 4 * k, word, true);
      });
      input.set(s.data, at + registerBytes + (maximumWords + 1) * 4);
    });
    const done = spawnSync("qemu-aarch64", ["-cpu", this.core.qemu, this.runner], {
      input,
      maxBuffer: 2 ** 30,
      timeout: 600_000,
    });
    if (done.error) throw done.error;
    if (done.status !== 0 || done.stdout.length !== cases.length * responseBytes) {
      throw new Error(`the runner under ${this.name} failed: ${done.stderr.toString() || done.signal || done.status}`);
    }
    const out = new DataView(done.stdout.buffer, done.stdout.byteOffset, done.stdout.length);
    return cases.map((c, i) => {
      const at = i * responseBytes;
      const state = readRegisters(out, at);
      const signal = out.getUint32(at + registerBytes - 4, true);
      state.data.set(done.stdout.subarray(at + registerBytes + 8, at + responseBytes));
      const ran = signal === 5 && state.pc === c.state.pc + BigInt(4 * c.code.length);
      return { ending: ran ? "end" : (endings[signal] ?? "unsupported"), state };
    });
  }
}

function writeRegisters(view: DataView, at: number, s: MachineState): void {
  view.setBigUint64(at, s.pc, true);
  for (let i = 0; i < 32; i++) view.setBigUint64(at + 8 + 8 * i, s.x[i]!, true);
  for (let i = 0; i < 64; i++) view.setBigUint64(at + 264 + 8 * i, s.v[i]!, true);
  [s.nzcv, s.fpcr, s.fpsr].forEach((word, i) => {
    view.setUint32(at + 776 + 4 * i, word, true);
  });
}

function readRegisters(view: DataView, at: number): MachineState {
  const longs = (offset: number, n: number): BigUint64Array =>
    BigUint64Array.from({ length: n }, (_, i) => view.getBigUint64(at + offset + 8 * i, true));
  return {
    pc: view.getBigUint64(at, true),
    x: longs(8, 32),
    v: longs(264, 64),
    nzcv: view.getUint32(at + 776, true),
    fpcr: view.getUint32(at + 780, true),
    fpsr: view.getUint32(at + 784, true),
    data: new Uint8Array(dataBytes),
  };
}
