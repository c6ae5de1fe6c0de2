import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { rootDirectory } from "../engines.js";
import type { SuiteResult } from "../report.js";
import { type Context, learn, runEngine, Samples } from "./suite.js";

/** Machine options that a crossing needs beside those of every benchmark. */
const machineOptions: Readonly<Record<string, readonly string[]>> = {
  hvc: ["-M", "virtualization=on"],
  smc: ["-M", "secure=on"],
  "trapped-register": ["-M", "virtualization=on"],
  "stage2-fault": ["-M", "virtualization=on"],
  "virtual-interrupt": ["-M", "virtualization=on"],
  "vmid-switch": ["-M", "virtualization=on"],
  "inter-processor-interrupt": ["-smp", "2"],
};

/** Our time over QEMU's that the project wants at most, where it isn't 1. */
const goals: Readonly<Record<string, number>> = {
  svc: 0.5,
  hvc: 0.5,
  smc: 0.5,
  "trapped-register": 0.5,
  "virtual-interrupt": 0.5,
  "inter-processor-interrupt": 0.5,
  "asid-switch": 0.1,
  "vmid-switch": 0.1,
};

/**
 * What it costs to go from one exception level or PE to another: bare-metal programs (bench/crossings), host time per crossing. As for
 * the kernels, the time of the same image with no iterations is taken off.
 */
export async function crossings(context: Context): Promise<SuiteResult> {
  execFileSync("make", ["-s", "-C", "guest", "crossings"], {
    cwd: rootDirectory,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const all = readdirSync(`${rootDirectory}bench/crossings`)
    .filter((file) => file.endsWith(".c") && file !== "levels.c")
    .map((file) => file.slice(0, -2));
  const names = all.filter((name) => context.only.length === 0 || context.only.includes(name));
  const failures: string[] = [];
  const rows = [];
  for (const name of names) {
    context.say(`crossing ${name}`);
    const samples = new Samples();
    const answers = new Set<string>();
    const image = `${rootDirectory}guest/build/crossings/${name}.elf`;
    const options = [...(machineOptions[name] ?? []), "-semihosting", "-kernel", image];
    for (const engine of context.engines) await learn(engine, context, () => runEngine(engine, options, failures));
    for (let n = 0; n < context.repetitions; n++) {
      for (const engine of context.engines) {
        const empty = await runEngine(engine, [...options, "-append", "iterations=0"], failures);
        const full = await runEngine(engine, options, failures);
        const answer = /iterations=(\d+) checksum=([0-9a-f]{16})/.exec(full.output);
        answers.add(answer?.[0] ?? "none");
        const seconds = Math.max(full.seconds - empty.seconds, 0.001);
        samples.add(engine, (seconds * 1e9) / Number(answer?.[1] ?? Number.NaN));
      }
    }
    if (answers.size !== 1 || answers.has("none")) failures.push(`${name}: answers ${[...answers].join(", ")}`);
    rows.push(samples.row(name, "ns", { of: "ratio", atMost: goals[name] ?? 1 }));
  }
  return { suite: "crossings: nanoseconds of host time for each, without start-up", rows, failures };
}
