import { findDebian } from "../../src/cli/debian/cache.js";
import { readRecord } from "../../test/software/answers.js";
import { buildImage } from "../../test/software/image.js";
import { type BootResult, boot, type MachineName } from "../../test/software/machines.js";
import { judge } from "../../test/software/verdict.js";
import { workloads } from "../../test/software/workloads.js";
import type { EngineName } from "../engines.js";
import type { Row, SuiteResult } from "../report.js";
import { ratio } from "../report.js";
import { geometricMean, median } from "../statistics.js";
import { type Context, learn } from "./suite.js";

/** Steps of test/software's workloads. */
type Steps = Readonly<Record<string, readonly string[]>>;

const programSteps: Steps = {
  busybox: ["sha256", "hashes"],
  gzip: ["6"],
  openssl: ["sha256-64M", "aes-128-ctr-16M"],
  lua: ["fib", "sort"],
  python: ["work"],
  sqlite: ["memory"],
  zstd: ["3"],
  esbuild: ["minify"],
  node: ["fib", "map"],
};

const systemSteps: Steps = {
  hackbench: ["sockets", "pipes"],
  busybox: ["spawn", "pipe"],
  "stress-ng": ["switch"],
};

/** The kernel's command line. QEMU's seed for KASLR would turn KPTI on by itself, and ours not. */
const kptiOff = "kpti=off nokaslr";
const kptiOn = "kpti=on nokaslr";

/** Programs of Debian's under its kernel: host time of each, without the boot. */
export async function programs(context: Context): Promise<SuiteResult> {
  const failures: string[] = [];
  const rows = await measure(context, programSteps, kptiOff, "", failures);
  return { suite: "programs under Debian's kernel", rows, geomean: mean(rows, 0.8), failures };
}

/** Work that is the kernel's: messages, processes, pipes and switches, with kernel page-table isolation and without. */
export async function system(context: Context): Promise<SuiteResult> {
  const failures: string[] = [];
  const off = await measure(context, systemSteps, kptiOff, ", KPTI off", failures);
  const on = await measure(context, systemSteps, kptiOn, ", KPTI on", failures);
  const rows = [...off, ...on];
  return {
    suite: "kernel-heavy work under Debian's kernel",
    rows: [...rows, isolationCost(context, off, on)],
    geomean: mean(rows, 0.5),
    failures,
  };
}

function mean(rows: readonly Row[], atMost: number): { readonly ratio: number; readonly atMost: number } {
  const ratios = rows.map(ratio).filter((r): r is number => r !== undefined);
  return { ratio: ratios.length === 0 ? Number.NaN : geometricMean(ratios), atMost };
}

/** How many times as long everything takes with KPTI on, on each engine. */
function isolationCost({ engines }: Context, off: readonly Row[], on: readonly Row[]): Row {
  const cost = (engine: EngineName): number =>
    geometricMean(on.map((row, i) => row.values[engine]! / off[i]!.values[engine]!));
  const values = Object.fromEntries(engines.map(({ name }) => [name, cost(name)]));
  return {
    name: "KPTI on over off, geometric mean",
    unit: "times",
    values,
    samples: {},
    goal: { of: "trapeze", atMost: 1.3 },
  };
}

async function measure(
  context: Context,
  steps: Steps,
  append: string,
  label: string,
  failures: string[],
): Promise<Row[]> {
  const { engines, repetitions, only, say } = context;
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian's kernel isn't here: npx trapeze get debian");
  const samples = new Map<string, Partial<Record<EngineName, number[]>>>();
  for (const [name, wanted] of Object.entries(steps)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const workload = workloads[name]!;
    const initrd = buildImage(name, workload);
    const bootOn = (machine: MachineName): Promise<BootResult> =>
      boot({
        machine,
        cpu: "cortex-a57",
        processors: 1,
        memoryMiB: workload.memoryMiB,
        image: debian.image,
        initrd,
        append: `console=ttyAMA0 quiet panic=-1 ${append} software.step=${wanted.join(",")}`,
        extra: [],
        limit: workload.limit,
        echo: () => {},
      });
    for (const engine of engines) await learn(engine, context, () => bootOn(engine.name));
    for (let n = 0; n < repetitions; n++) {
      const results = new Map<MachineName, BootResult>();
      for (const engine of engines) {
        say(`${name}${label} on ${engine.name}`);
        const machine: MachineName = engine.name;
        const result = await bootOn(machine);
        if (!result.complete) failures.push(`${name} on ${machine}: ${result.failure}`);
        results.set(machine, result);
        for (const { name: step, hostSeconds } of result.steps) {
          const row = `${name} ${step}${label}`;
          const byEngine = samples.get(row) ?? {};
          samples.set(row, byEngine);
          (byEngine[machine] ??= []).push(hostSeconds);
        }
      }
      for (const { step, problems } of judge(name, workload, wanted, results, readRecord(name)))
        for (const problem of problems) failures.push(`${name}/${step}${label}: ${problem}`);
    }
  }
  return [...samples].map(([name, byEngine]) => ({
    name,
    unit: "s",
    values: Object.fromEntries(Object.entries(byEngine).map(([engine, values]) => [engine, median(values)])),
    samples: byEngine,
  }));
}
