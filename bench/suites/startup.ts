import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootDirectory } from "../engines.js";
import type { SuiteResult } from "../report.js";
import { type Context, runEngine, Samples } from "./suite.js";

const goal = { of: "trapeze", atMost: 0.15 } as const;

/**
 * From the command's start to the end of a guest whose first instructions end it (an upper bound of the time to the first
 * guest instruction), to the demo's first output, and to its power-off.
 */
export async function startup(context: Context): Promise<SuiteResult> {
  const failures: string[] = [];
  const immediate = new Samples();
  const first = new Samples();
  const whole = new Samples();
  context.say("startup");
  const folder = mkdtempSync(join(tmpdir(), "trapeze-bench-"));
  const exits = join(folder, "exit.elf");
  writeFileSync(exits, exitingProgram());
  try {
    for (let n = 0; n < context.repetitions; n++) {
      for (const engine of context.engines) {
        const least = await runEngine(engine, ["-semihosting", "-kernel", exits], failures);
        immediate.add(engine, least.seconds);
        const demo = ["-semihosting", "-kernel", `${rootDirectory}guest/images/demo.elf`];
        const run = await runEngine(engine, demo, failures);
        first.add(engine, run.firstOutput ?? Number.NaN);
        whole.add(engine, run.seconds);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    suite: "startup: a program that ends at once, and the demo image",
    rows: [
      immediate.row("first instruction, and out", "s", goal),
      first.row("demo: first output", "s", goal),
      whole.row("demo: to power-off", "s"),
    ],
    failures,
  };
}

/** An ELF64 executable of three instructions: semihosting SYS_EXIT with status 0. */
function exitingProgram(): Uint8Array {
  const address = 0x4008_0000n;
  const code = 64 + 56;
  const block = code + 16;
  const bytes = new Uint8Array(block + 16);
  const view = new DataView(bytes.buffer);
  const halves = (at: number, ...values: number[]): void =>
    values.forEach((value, i) => void view.setUint16(at + 2 * i, value, true));
  const words = (at: number, ...values: number[]): void =>
    values.forEach((value, i) => void view.setUint32(at + 4 * i, value, true));
  const doubles = (at: number, ...values: bigint[]): void =>
    values.forEach((value, i) => void view.setBigUint64(at + 8 * i, value, true));
  // Elf64_Ehdr: 64 bits, little-endian; ET_EXEC, EM_AARCH64; one program header behind it.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  halves(16, 2, 183);
  words(20, 1);
  doubles(24, address + BigInt(code), 64n, 0n);
  halves(52, 64, 56, 1, 64);
  // Elf64_Phdr: PT_LOAD, readable and executable, the whole file.
  words(64, 1, 5);
  doubles(72, 0n, address, address, BigInt(bytes.length), BigInt(bytes.length), 0x1000n);
  // mov w0, #0x18 (SYS_EXIT); adr x1, block; hlt #0xf000; and ADP_Stopped_ApplicationExit, 0.
  words(code, 0x52800300, 0x10000061, 0xd45e0000);
  doubles(block, 0x20026n, 0n);
  return bytes;
}
