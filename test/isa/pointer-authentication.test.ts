import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ReferenceEvaluator } from "../../src/interpreter/reference-evaluator.js";
import { PeState } from "../../src/ir/index.js";
import { pointerAuthentication } from "../../src/isa/base/pointer-authentication.js";
import { systemRegister } from "../../src/isa/system-registers/registry.js";
import { InstructionTable } from "../../src/isa/table.js";
import { runTool, withDirectory } from "../support/tools.js";
import { randomWords } from "./compare.js";

const source = fileURLToPath(new URL("pointer-authentication.S", import.meta.url));
const _tools = ["qemu-system-aarch64", "aarch64-linux-gnu-gcc"];

/** What the program runs for each record, each on the pointer in X0 (`chained`: on the last result). */
const steps: readonly { readonly text: string; readonly word: number; readonly chained?: true }[] = [
  { text: "pacia x0, x24", word: 0xdac10300 },
  { text: "autia x0, x24", word: 0xdac11300, chained: true },
  { text: "pacdb x0, x24", word: 0xdac10f00 },
  { text: "autdb x0, x24", word: 0xdac11f00, chained: true },
  { text: "autib x0, x24", word: 0xdac11700 },
  { text: "autda x0, x24", word: 0xdac11b00 },
  { text: "xpaci x0", word: 0xdac143e0 },
  { text: "xpacd x0", word: 0xdac147e0 },
  { text: "pacga x0, x0, x24", word: 0x9ad83000 },
];

interface Record {
  readonly tcr: bigint;
  readonly low: bigint;
  readonly high: bigint;
  readonly pointer: bigint;
  readonly modifier: bigint;
}

function records(count: number): Record[] {
  const next = randomWords(20261121);
  const long = (): bigint => (BigInt(next()) << 32n) | BigInt(next());
  return Array.from({ length: count }, () => {
    const size = (): number => 16 + (next() % 24);
    const kind = next() & 3;
    // For a pointer whose bits 63 and 55 differ, QEMU takes the range of bit 55 where the Arm ARM may take that of bit
    // 63: only where the ranges are alike is there one answer.
    const t0 = size();
    const t1 = kind === 3 ? t0 : size();
    const ignore = next() & 1 ? 3n << 37n : 0n; // TBI0 and TBI1
    const instructionsToo = next() & 1 ? 3n << 51n : 0n; // TBID0 and TBID1
    const tcr = BigInt(t0) | (BigInt(t1) << 16n) | ignore | instructionsToo;
    const raw = long();
    const bits = 64 - Math.max(t0, t1);
    const low = BigInt.asUintN(bits, raw);
    const pointer = [
      low,
      BigInt.asUintN(64, low - (1n << BigInt(bits))),
      BigInt.asUintN(64, BigInt.asIntN(56, raw)),
      low | (long() & (0xffn << 56n)),
    ][kind]!;
    return { tcr, low: long(), high: long(), pointer, modifier: long() };
  });
}

function onQemu(list: readonly Record[]): string[] {
  return withDirectory((directory) => {
    const table = BigUint64Array.from(list.flatMap((r) => [r.tcr, r.low, r.high, r.pointer, r.modifier]));
    writeFileSync(join(directory, "table.bin"), new Uint8Array(table.buffer));
    const elf = join(directory, "program.elf");
    const build = ["-nostdlib", "-static", "-Wl,-Ttext=0x40080000", `-Wa,-I${directory}`, "-o", elf, source];
    runTool("aarch64-linux-gnu-gcc", build);
    const machine = ["-M", "virt", "-cpu", "max,pauth-impdef=on", "-nodefaults", "-display", "none"];
    return runTool("qemu-system-aarch64", [...machine, "-serial", "stdio", "-kernel", elf])
      .toString()
      .trim()
      .split(/\s+/);
  });
}

function onReference(list: readonly Record[]): string[] {
  const table = new InstructionTable([pointerAuthentication]);
  const memory = new DataView(new ArrayBuffer(PeState.size));
  const evaluator = new ReferenceEvaluator({
    memory,
    base: 0,
    access: () => undefined,
    environment: (name) => {
      throw new Error(`${name} was called`);
    },
  });
  const setRegister = (name: string, value: bigint): void =>
    memory.setBigUint64(PeState.system + 8 * systemRegister(name).slot, value, true);
  const set = (register: number, value: bigint): void => memory.setBigUint64(PeState.x + 8 * register, value, true);
  const result = (): bigint => memory.getBigUint64(PeState.x, true);
  memory.setInt32(PeState.el, 1, true);
  setRegister("SCTLR_EL1", 0xc8002000n);
  setRegister("HCR_EL2", 1n << 41n);
  setRegister("SCR_EL3", 1n << 17n);
  return list.flatMap((r) => {
    setRegister("TCR_EL1", r.tcr);
    for (const key of ["IA", "IB", "DA", "DB", "GA"]) {
      setRegister(`AP${key}KeyLo_EL1`, r.low);
      setRegister(`AP${key}KeyHi_EL1`, r.high);
    }
    set(24, r.modifier);
    return steps.map(({ word, chained }) => {
      if (!chained) set(0, r.pointer);
      evaluator.step(table.decode(word | 0)!);
      return result().toString(16).padStart(16, "0");
    });
  });
}

describe("pointer authentication", () => {
  test("gives the codes and failures that QEMU's implementation defined algorithm gives", () => {
    const list = records(400);
    const [theirs, ours] = [onQemu(list), onReference(list)];
    expect(theirs.length).toBe(list.length * steps.length);
    const differences = ours.flatMap((value, i) => {
      if (value === theirs[i]) return [];
      const r = list[Math.floor(i / steps.length)]!;
      const inputs = `tcr ${r.tcr.toString(16)} pointer ${r.pointer.toString(16)}`;
      return [`${steps[i % steps.length]!.text}: ${value}, not ${theirs[i]}; ${inputs}`];
    });
    expect(differences.slice(0, 10)).toEqual([]);
  });
});
