/**
 * Random walks over the system registers on Trapeze and on QEMU (see test/architecture/register-walk.ts):
 *
 *     npx tsx scripts/register-walk.ts [--core NAME] [--seed N] [--walks N] [--steps N] [--everything]
 *
 * Walks have consecutive seeds. --everything compares bits too that the table doesn't know.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareWalks, registerWalk } from "../test/architecture/register-walk.js";
import { buildSweep, machineOptions, qemuCore, readOutcomes } from "../test/architecture/trap-sweep.js";

const { values } = parseArgs({
  options: {
    core: { type: "string", default: "neoverse-n1" },
    seed: { type: "string", default: "1" },
    walks: { type: "string", default: "10" },
    steps: { type: "string", default: "2000" },
    everything: { type: "boolean", default: false },
  },
});
const { core } = values;
const directory = mkdtempSync(join(tmpdir(), "register-walk-"));
let found = 0;
try {
  for (let n = 0; n < Number(values.walks); n++) {
    const seed = Number(values.seed) + n;
    const walk = registerWalk(core, seed, Number(values.steps));
    const results = join(directory, "results");
    const elf = buildSweep(walk, directory, results);
    const run = (command: string, args: readonly string[]) => {
      execFileSync(command, args, { stdio: "inherit", timeout: 40_000, killSignal: "SIGKILL" });
      const outcomes = readOutcomes(walk, results);
      rmSync(results);
      return outcomes;
    };
    const theirs = run("qemu-system-aarch64", machineOptions(qemuCore(core), elf));
    const ours = run("node", ["bin/trapeze.js", "run", ...machineOptions(core, elf)]);
    const differences = compareWalks(walk, ours, theirs, values.everything);
    for (const line of differences) console.log(line);
    console.log(`seed ${seed}: ${walk.bodies.length} accesses, ${differences.length} kinds of difference`);
    found += differences.length;
  }
  process.exitCode = found === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
