/**
 * Registers and instructions of the tables at every level, with nothing trapped and with some of the control bits turned over, on QEMU
 * and on Trapeze. scripts/trap-sweep.ts tries all bits.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withDirectory } from "../support/tools.js";
import { compareOutcomes } from "./trap-departures.js";
import {
  buildSweep,
  controlGroups,
  type Group,
  machineOptions,
  plainGroups,
  qemuCore,
  readOutcomes,
  type Sweep,
  tableBodies,
} from "./trap-sweep.js";

const ROOT = new URL("../..", import.meta.url).pathname;

function differences(core: string, groups: readonly Group[], extra: readonly string[]): readonly string[] {
  const sweep: Sweep = { core, bodies: tableBodies(), groups };
  return withDirectory((directory) => {
    const results = join(directory, "results");
    const elf = buildSweep(sweep, directory, results);
    const run = (command: string, args: readonly string[]) => {
      execFileSync(command, args, { cwd: ROOT, timeout: 60_000, stdio: ["ignore", "ignore", "inherit"] });
      return readOutcomes(sweep, results);
    };
    const theirs = run("qemu-system-aarch64", machineOptions(qemuCore(core), elf));
    const ours = run("node", ["bin/trapeze.js", "run", ...machineOptions(core, elf), ...extra]);
    return compareOutcomes(sweep, ours, theirs).differences;
  });
}

describe("accesses to system registers end as on QEMU", () => {
  it.each(["cortex-a53", "cortex-a57", "neoverse-n1", "max"])("%s, nothing trapped", (core) => {
    expect(differences(core, plainGroups(core), [])).toEqual([]);
  });

  it.each([
    ["cortex-a57", 5],
    ["neoverse-n1", 0],
    ["max", 9],
  ] as const)("%s, some control bits turned over", (core, first) => {
    // The number of groups has no small factor in common with 31, so that all registers and levels are among them.
    const groups = controlGroups(core).filter((_, n) => n % 31 === first);
    expect(differences(core, groups, [])).toEqual([]);
  });

  it("neoverse-n1, interpreting", () => {
    expect(differences("neoverse-n1", plainGroups("neoverse-n1"), ["--no-jit"])).toEqual([]);
  });
});
