import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SuiteResult } from "../report.js";
import { type Context, learn, runEngine, Samples } from "./suite.js";

export const SHELL_READY = "trapeze: shell ready";
export const DONE = "trapeze: autotest done";
const GUEST_RAM_MIB = 256;

/** What boots Debian's kernel to the shell, runs the fixed set of commands and powers off. */
export function bootFiles(): { readonly kernel: string; readonly initrd: string; readonly append: string } {
  const directory = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "trapeze", "debian");
  const image = join(directory, "Image");
  const initramfs = join(directory, "initramfs.cpio.gz");
  if (!existsSync(image) || !existsSync(initramfs)) {
    throw new Error(`Debian's kernel isn't in ${directory}: fetch it with npx trapeze get debian`);
  }
  return { kernel: image, initrd: initramfs, append: "console=ttyAMA0 trapeze.autotest" };
}

export function bootOptions(): string[] {
  const { kernel, initrd, append } = bootFiles();
  return ["-kernel", kernel, "-initrd", initrd, "-append", append];
}

/** Boot of Debian's kernel on one PE, to the shell's line and on through ls and sha256sum to power-off. */
export async function debian(context: Context): Promise<SuiteResult> {
  const options = bootOptions();
  const failures: string[] = [];
  const toShell = new Samples();
  const toEnd = new Samples();
  for (const engine of context.engines) await learn(engine, context, () => runEngine(engine, options, failures));
  for (let n = 0; n < context.repetitions; n++) {
    for (const engine of context.engines) {
      context.say(`debian on ${engine.name}`);
      const run = await runEngine(engine, options, failures, [SHELL_READY, DONE]);
      if (run.marks[DONE] === undefined) failures.push(`${engine.name}: the boot never said "${DONE}"`);
      toShell.add(engine, run.marks[SHELL_READY] ?? Number.NaN);
      toEnd.add(engine, run.seconds);
    }
  }
  const goal = { of: "ratio", atMost: 1 } as const;
  return {
    suite: "debian: wall time",
    rows: [toShell.row("to the shell", "s"), toEnd.row("to power-off", "s", goal)],
    failures,
  };
}

/** Peak resident memory of the whole process over the same boot. */
export async function memory(context: Context): Promise<SuiteResult> {
  const options = bootOptions();
  const failures: string[] = [];
  const peak = new Samples();
  for (const engine of context.engines) {
    await learn(engine, context, () => runEngine(engine, options, failures));
    context.say(`memory of ${engine.name}`);
    const run = await runEngine(engine, options, failures);
    peak.add(engine, run.peakMemory / 2 ** 20);
  }
  const goal = { of: "trapeze", atMost: GUEST_RAM_MIB + 300 } as const;
  return {
    suite: `memory: peak resident, Debian boot, ${GUEST_RAM_MIB} MiB guest`,
    rows: [peak.row("peak", "MiB", goal)],
    failures,
  };
}
