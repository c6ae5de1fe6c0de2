/**
 * Registers and instructions of the tables at every level, with nothing trapped and with some of the control bits turned over, on QEMU
 * and on Trapeze. scripts/trap-sweep.ts tries all bits, scripts/register-walk.ts
 * walks further.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withDirectory } from "../support/tools.js";
import { randomGroups } from "./random-groups.js";
import { compareWalks, registerWalk } from "./register-walk.js";
import { pendingBodies, pendingGroups, returnBodies, returnGroups } from "./return-groups.js";
import { compareOutcomes } from "./trap-departures.js";
import {
  buildSweep,
  controlGroups,
  everySystemInstruction,
  type Group,
  machineOptions,
  type Outcome,
  plainGroups,
  qemuCore,
  readOutcomes,
  type Sweep,
  tableBodies,
} from "./trap-sweep.js";

const ROOT = new URL("../..", import.meta.url).pathname;

function outcomes(sweep: Sweep, extra: readonly string[]): { ours: Outcome[][]; theirs: Outcome[][] } {
  return withDirectory((directory) => {
    const results = join(directory, "results");
    const elf = buildSweep(sweep, directory, results);
    const run = (command: string, args: readonly string[]) => {
      // A QEMU whose timers hang listens to nothing else.
      const limits = { timeout: 60_000, killSignal: "SIGKILL" } as const;
      execFileSync(command, args, { cwd: ROOT, ...limits, stdio: ["ignore", "ignore", "inherit"] });
      return readOutcomes(sweep, results);
    };
    const theirs = run("qemu-system-aarch64", machineOptions(qemuCore(sweep.core), elf));
    const ours = run("node", ["bin/trapeze.js", "run", ...machineOptions(sweep.core, elf), ...extra]);
    return { ours, theirs };
  });
}

function differences(core: string, groups: readonly Group[], extra: readonly string[]): readonly string[] {
  const sweep: Sweep = { core, bodies: tableBodies(), groups };
  const { ours, theirs } = outcomes(sweep, extra);
  return compareOutcomes(sweep, ours, theirs).differences;
}

describe("accesses to system registers end as on QEMU", () => {
  it.each(["cortex-a53", "cortex-a57", "neoverse-n1", "max"])("%s, nothing trapped", (core) => {
    expect(differences(core, plainGroups(core), [])).toEqual([]);
  });

  it("neoverse-n1, every encoding of a system instruction", () => {
    const sweep: Sweep = {
      core: "neoverse-n1",
      bodies: everySystemInstruction(),
      groups: plainGroups("neoverse-n1").filter(({ name }) => /^(EL[012]|EL2, E2H)$/.test(name)),
    };
    const { ours, theirs } = outcomes(sweep, []);
    expect(compareOutcomes(sweep, ours, theirs).differences).toEqual([]);
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

  it.each([
    ["cortex-a53", 1],
    ["cortex-a57", 2],
    ["neoverse-n1", 3],
    ["max", 4],
  ] as const)("%s, random control bits turned over (seed %i)", (core, seed) => {
    expect(differences(core, randomGroups(core, seed, 70), [])).toEqual([]);
  });
});

describe("random walks over the system registers go as on QEMU", () => {
  it.each([
    ["cortex-a53", 1],
    ["cortex-a57", 2],
    ["neoverse-n1", 3],
    ["max", 4],
  ] as const)("%s (seed %i)", (core, seed) => {
    const walk = registerWalk(core, seed, 1500);
    const { ours, theirs } = outcomes(walk, []);
    expect(compareWalks(walk, ours, theirs)).toEqual([]);
  });
});

describe("exception returns and virtual interrupts with random controls end as on QEMU", () => {
  it.each([
    ["cortex-a57", 1],
    ["neoverse-n1", 2],
    ["max", 3],
  ] as const)("%s (seed %i)", (core, seed) => {
    for (const [bodies, groups] of [
      [returnBodies, returnGroups(core, seed, 3000)],
      [pendingBodies, pendingGroups(core, seed, 600)],
    ] as const) {
      const sweep: Sweep = { core, bodies, groups };
      const { ours, theirs } = outcomes(sweep, []);
      expect(compareOutcomes(sweep, ours, theirs).differences).toEqual([]);
    }
  });
});
