/**
 * Measures Trapeze against QEMU, in alternation on the same machine, and prints medians and ratios.
 * npx tsx bench/run.ts --help
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type EngineName, engineNames, requireEngine, rootDirectory } from "./engines.js";
import { describeHost, formatTable, meetsGoal, type SuiteResult } from "./report.js";
import { chromium } from "./suites/chromium.js";
import { crossings } from "./suites/crossings.js";
import { debian, memory } from "./suites/debian.js";
import { debianAtEl2, xen } from "./suites/hypervisors.js";
import { interpreter } from "./suites/interpreter.js";
import { kernels } from "./suites/kernels.js";
import { programs, system } from "./suites/software.js";
import { startup } from "./suites/startup.js";
import type { Suite } from "./suites/suite.js";

const suites: Readonly<Record<string, Suite>> = {
  kernels,
  crossings,
  interpreter,
  startup,
  debian,
  memory,
  el2: debianAtEl2,
  xen,
  programs,
  system,
  chromium,
};

const help = `usage: npx tsx bench/run.ts [options] [suite...]
suites (default: all)
  kernels       C kernels, bare metal: time without start-up, ratio to QEMU's
  crossings     SVC, HVC, SMC, traps, interrupts, switches of address space: time of each, ratio to QEMU's
  interpreter   instructions per second of the interpreter alone
  startup       from the command to the first instruction and the first output
  debian        boot of Debian's kernel to power-off (needs: npx trapeze get debian)
  memory        peak resident memory of that boot
  el2           the same boot, started at EL2 with KVM (nVHE)
  xen           Xen with Debian as dom0, to its end (needs: npx trapeze get xen)
  programs      programs under Debian's kernel (needs: npx tsx scripts/fetch-software.ts)
  system        kernel-heavy work there, with KPTI on and off
  chromium      kernels and Debian's boot in headless Chromium, ratio to Node's (needs Chromium, and Debian's kernel)
options
  -n N               repetitions, of which the median counts (default 5)
  --engines LIST     qemu,trapeze (default both)
  --kernels LIST     only these kernels, crossings or programs; of the suite chromium, "boot" is Debian's
  --chromium-flags TEXT  flags for trials, which users wouldn't have: --chromium-flags="--js-flags=--no-wasm-stack-checks"
  --library off      measure Trapeze without code that it compiled ahead in earlier runs, as in a first run; otherwise it runs
                     everything a few times before (its library is in .cache/bench/library)
  --json FILE        where the results go (default .cache/bench/DATE.json)
  --check            status 1 when a goal is missed
examples
  npx tsx bench/run.ts -n 3 kernels
  npx tsx bench/run.ts --engines qemu --kernels alu,crc kernels`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      repetitions: { type: "string", short: "n", default: "5" },
      engines: { type: "string", default: engineNames.join(",") },
      kernels: { type: "string", default: "" },
      "chromium-flags": { type: "string", default: "" },
      library: { type: "string", default: "on" },
      json: { type: "string" },
      check: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    console.log(help);
    return 0;
  }
  const repetitions = Number(values.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new Error(`-n wants a whole number from 1, not ${values.repetitions}`);
  const wanted = values.engines.split(",");
  const unknown = wanted.find((name) => !(engineNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`no engine named "${unknown}"; there are ${engineNames.join(", ")}`);
  if (values.library !== "on" && values.library !== "off")
    throw new Error(`--library is on or off, not ${values.library}`);
  const library = values.library === "on";
  process.env["TRAPEZE_CODE_LIBRARY"] = library ? `${rootDirectory}.cache/bench/library` : "off";
  const engines = (wanted as EngineName[]).map(requireEngine);
  const chosen = positionals.length > 0 ? positionals : Object.keys(suites);

  const results: SuiteResult[] = [];
  for (const name of chosen) {
    const suite = suites[name];
    if (!suite) throw new Error(`no suite named "${name}"; there are ${Object.keys(suites).join(", ")}`);
    const only = values.kernels === "" ? [] : values.kernels.split(",");
    const say = (line: string): void => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${line}`));
    const browserFlags = values["chromium-flags"].split(" ").filter((flag) => flag !== "");
    const result = await suite({ engines, repetitions, only, browserFlags, library, say });
    say("");
    results.push(result);
    console.log(`${formatTable(result)}\n`);
  }

  const host = describeHost();
  const file = resolve(values.json ?? `${rootDirectory}.cache/bench/${String(host["date"]).replaceAll(":", "-")}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ host, repetitions, library, results }, undefined, 2)}\n`);
  console.log(`${host["cpu"]}, node ${host["node"]}, ${host["qemu"]}\nresults in ${file}`);

  const missed = results.some(
    ({ rows, geomean }) => rows.some((row) => meetsGoal(row) === false) || (geomean && geomean.ratio > geomean.atMost),
  );
  return results.some(({ failures }) => failures.length > 0) || (values.check && missed) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
