import { findDebian } from "../../src/cli/debian/cache.js";
import { findXen } from "../../src/cli/debian/xen.js";
import { xenOptions } from "../../test/xen/options.js";
import type { SuiteResult } from "../report.js";
import { bootOptions } from "./debian.js";
import { type Context, learn, runEngine, Samples } from "./suite.js";

const SHELL_READY = "trapeze: shell ready";
const DONE = "trapeze: autotest done";

/** Boot of Debian's kernel at EL2, where KVM initialises, to power-off. */
export function debianAtEl2(context: Context): Promise<SuiteResult> {
  const options = ["-M", "virt,gic-version=3,virtualization=on", ...bootOptions()];
  return boots(context, "el2: Debian at EL2, wall time", options);
}

/** Xen, dom0 to its shell and through the set of commands, and the machine's end. */
export function xen(context: Context): Promise<SuiteResult> {
  const hypervisor = findXen();
  const debian = findDebian("debian");
  if (!hypervisor || !debian) throw new Error("Xen or Debian isn't here: npx trapeze get xen; npx trapeze get debian");
  const images = { xen: hypervisor, kernel: debian.image, initrd: debian.initramfs };
  return boots(context, "xen: Debian as dom0, wall time", xenOptions(images, 1));
}

async function boots(context: Context, suite: string, options: readonly string[]): Promise<SuiteResult> {
  const failures: string[] = [];
  const toShell = new Samples();
  const toEnd = new Samples();
  for (const engine of context.engines) await learn(engine, context, () => runEngine(engine, options, failures));
  for (let n = 0; n < context.repetitions; n++) {
    for (const engine of context.engines) {
      context.say(`${suite} on ${engine.name}`);
      const run = await runEngine(engine, options, failures, [SHELL_READY, DONE]);
      if (run.marks[DONE] === undefined) failures.push(`${engine.name}: the boot never said "${DONE}"`);
      toShell.add(engine, run.marks[SHELL_READY] ?? Number.NaN);
      toEnd.add(engine, run.seconds);
    }
  }
  const goal = { of: "ratio", atMost: 2 } as const;
  return { suite, rows: [toShell.row("to the shell", "s"), toEnd.row("to power-off", "s", goal)], failures };
}
