/**
 * Compares traps, register by register and control bit by control bit, with QEMU (see test/architecture/trap-sweep.ts):
 *
 *     npx tsx scripts/trap-sweep.ts [--core NAME] [--sweep plain|controls|encodings|instructions|pairs|random|returns|pending|pstate|step|breakpoints|watchpoints] [--limit LINES]
 *         [--seed N] [--groups N]   of the random sweep
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomGroups } from "../test/architecture/random-groups.js";
import { pendingBodies, pendingGroups, returnBodies, returnGroups } from "../test/architecture/return-groups.js";
import {
  breakpointGroups,
  pairGroups,
  pstateGroups,
  routedBodies,
  stepGroups,
  steppedBodies,
  watchedBodies,
  watchpointGroups,
} from "../test/architecture/routing-groups.js";
import { compareOutcomes } from "../test/architecture/trap-departures.js";
import {
  buildSweep,
  controlGroups,
  everyRead,
  everySystemInstruction,
  machineOptions,
  plainGroups,
  qemuCore,
  readOutcomes,
  type Sweep,
  tableBodies,
} from "../test/architecture/trap-sweep.js";

const { values } = parseArgs({
  options: {
    core: { type: "string", default: "neoverse-n1" },
    sweep: { type: "string", default: "plain" },
    command: { type: "string", default: "bin/trapeze.js run" },
    seed: { type: "string", default: "1" },
    groups: { type: "string", default: "140" },
    limit: { type: "string", default: "60" },
  },
});
const { core } = values;
const kinds: Readonly<Record<string, () => Omit<Sweep, "core">>> = {
  plain: () => ({ bodies: tableBodies(), groups: plainGroups(core) }),
  controls: () => ({ bodies: tableBodies(), groups: controlGroups(core) }),
  encodings: () => ({ bodies: everyRead(), groups: plainGroups(core) }),
  instructions: () => ({ bodies: everySystemInstruction(), groups: plainGroups(core) }),
  pairs: () => ({ bodies: routedBodies, groups: pairGroups(core) }),
  random: () => ({ bodies: tableBodies(), groups: randomGroups(core, Number(values.seed), Number(values.groups)) }),
  returns: () => ({ bodies: returnBodies, groups: returnGroups(core, Number(values.seed), Number(values.groups)) }),
  pending: () => ({ bodies: pendingBodies, groups: pendingGroups(core, Number(values.seed), Number(values.groups)) }),
  pstate: () => ({ bodies: routedBodies, groups: pstateGroups(core) }),
  step: () => ({ bodies: steppedBodies, groups: stepGroups(core) }),
  breakpoints: () => ({ bodies: routedBodies.slice(0, 2), groups: breakpointGroups(core) }),
  watchpoints: () => ({ bodies: watchedBodies, groups: watchpointGroups(core) }),
};
const kind = kinds[values.sweep];
if (kind === undefined) throw new Error(`there is no sweep ${values.sweep}: ${Object.keys(kinds).join(", ")}`);
const sweep: Sweep = { core, ...kind() };
const directory = mkdtempSync(join(tmpdir(), "trap-sweep-"));
try {
  const results = join(directory, "results");
  const elf = buildSweep(sweep, directory, results);
  const run = (command: string, args: readonly string[]) => {
    const start = Date.now();
    execFileSync(command, args, { stdio: "inherit", timeout: 900_000 });
    const outcomes = readOutcomes(sweep, results);
    rmSync(results);
    console.log(`${command}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
    return outcomes;
  };
  const theirs = run("qemu-system-aarch64", machineOptions(qemuCore(core), elf));
  const ours = run("node", [...values.command.split(" "), ...machineOptions(core, elf)]);
  const { differences, departed } = compareOutcomes(sweep, ours, theirs);
  const limit = Number(values.limit);
  for (const line of differences.slice(0, limit)) console.log(line);
  const cases = theirs.reduce((sum, group) => sum + group.length, 0);
  console.log(`${cases} cases, ${departed} where QEMU departs, ${differences.length} kinds of difference`);
  process.exitCode = differences.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
