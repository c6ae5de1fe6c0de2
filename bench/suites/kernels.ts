import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { rootDirectory } from "../engines.js";
import { ratio, type SuiteResult } from "../report.js";
import { geometricMean } from "../statistics.js";
import { type Context, learn, runEngine, Samples } from "./suite.js";

const imageDirectory = `${rootDirectory}guest/build/kernels/`;
export const kernelImage = (name: string): string => `${imageDirectory}${name}.elf`;

/** Compiles bench/kernels; throws with make's words when that fails. */
export function buildKernels(): void {
  execFileSync("make", ["-s", "-C", "guest", "kernels"], {
    cwd: rootDirectory,
    stdio: ["ignore", "inherit", "inherit"],
  });
}

/** The kernels named, or all of them. Throws when there is none of a name. */
export function chosenKernels(only: readonly string[]): string[] {
  const all = readdirSync(`${rootDirectory}bench/kernels`)
    .filter((file) => file.endsWith(".c") && file !== "harness.c")
    .map((file) => file.slice(0, -2));
  const unknown = only.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no kernel named ${unknown.join(", ")}; there are ${all.join(", ")}`);
  return all.filter((name) => only.length === 0 || only.includes(name));
}

export const checksumOf = (output: string): string => /checksum=([0-9a-f]{16})/.exec(output)?.[1] ?? "none";

/**
 * The C kernels, bare metal with the MMU on. A kernel's time is that of the whole process less that of the same image with no
 * iterations: start-up of the process, which the suite "startup" measures, and of the guest.
 */
export async function kernels(context: Context): Promise<SuiteResult> {
  buildKernels();
  const names = chosenKernels(context.only);

  const failures: string[] = [];
  const rows = [];
  for (const name of names) {
    context.say(`kernel ${name}`);
    const samples = new Samples();
    const checksums = new Set<string>();
    const image = ["-semihosting", "-kernel", kernelImage(name)];
    for (const engine of context.engines) await learn(engine, context, () => runEngine(engine, image, failures));
    for (let n = 0; n < context.repetitions; n++) {
      for (const engine of context.engines) {
        const empty = await runEngine(engine, [...image, "-append", "iterations=0"], failures);
        const full = await runEngine(engine, image, failures);
        samples.add(engine, Math.max(full.seconds - empty.seconds, 0.001));
        checksums.add(checksumOf(full.output));
      }
    }
    if (checksums.size !== 1 || checksums.has("none")) failures.push(`${name}: checksums ${[...checksums].join(", ")}`);
    rows.push(samples.row(name, "s", { of: "ratio", atMost: 1 }));
  }
  const ratios = rows.map(ratio).filter((value) => value !== undefined);
  return {
    suite: "kernels: seconds without start-up",
    rows,
    failures,
    ...(ratios.length > 0 && { geomean: { ratio: geometricMean(ratios), atMost: 0.5 } }),
  };
}
