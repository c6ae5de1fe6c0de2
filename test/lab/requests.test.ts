/** How requests reach services inside the nanovisor, native applications and stubdomains. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { requestExperiment } from "../../src/lab/experiments/requests.js";
import { profiles } from "../../src/lab/profiles/index.js";
import { type ExperimentResult, rowsOf, runExperiment } from "../../src/lab/run-experiment.js";
import { modelledTimes, readmeTimes } from "../support/readme-times.js";

const readImage = async (name: string): Promise<Uint8Array> => readFileSync(`guest/images/${name}`);
let result: ExperimentResult;

/** Counts of a row's typical crossing, as "kind name": count. */
function typical(name: string): Record<string, number> {
  const { counted } = rowsOf(result).find((row) => row.name === name)!;
  return Object.fromEntries(counted.map((each) => [`${each.event.kind} ${each.event.name}`, each.typical]));
}

beforeAll(async () => {
  result = await runExperiment(requestExperiment, { readImage, profiles, cpu: "cortex-a53" });
}, 400_000);

describe("a request", () => {
  it("is served in every way, and its bytes come out", () => {
    expect(result.failures).toEqual([]);
    expect(rowsOf(result).map(({ crossings }) => crossings)).toEqual(Array(16).fill(500));
  });

  it("fails the check when bytes didn't come out", () => {
    const [run] = requestExperiment.runs;
    const { output } = result.runs[0]!;
    expect(run!.check!([], output)).toEqual([]);
    expect(run!.check!([], output.replace("efgh", "efg"))).toEqual([
      "bytes written to the console didn't come out of it",
    ]);
  });

  it("doesn't leave EL2 when the hypervisor serves it itself", () => {
    const counts = typical("SMC, in the hypervisor, idle");
    expect(counts).toMatchObject({ "exception SMC EL1 to EL2": 1, "exceptionReturn ERET EL2 to EL1": 1 });
    expect(counts["instruction EL0"]).toBeUndefined();
  });

  it("reaches a native application at EL0, and comes back by its SVC", () => {
    for (const way of ["native application", "native application with VHE"])
      expect(typical(`SMC, ${way}, busy`)).toMatchObject({
        "exceptionReturn ERET EL2 to EL0": 1,
        "exception SVC EL0 to EL2": 1,
      });
  });

  it("reaches a stubdomain by a virtual interrupt and comes back by its HVC, with two world switches between", () => {
    const counts = typical("SMC, stubdomain, idle");
    expect(counts).toMatchObject({
      "exception SMC EL1 to EL2": 1,
      "exception IRQ EL1 to EL1": 1,
      "exception HVC EL1 to EL2": 1,
      "registerWrite ICH_LR0_EL2": 2,
      "registerRead ICC_IAR1_EL1": 1,
      "registerWrite TTBR0_EL1": 2,
      "registerRead TTBR0_EL1": 2,
      "registerWrite VTTBR_EL2": 2,
    });
  });
});

it.each([["in the hypervisor"], ["native application"], ["stubdomain"]])(
  "README.md has about the time that an SMC takes that is served %s",
  (way) => {
    const row = rowsOf(result).find(({ name }) => name === `SMC, ${way}, idle`)!;
    const [time] = readmeTimes(row.name);
    expect(Math.abs(time! / modelledTimes(row).median - 1)).toBeLessThan(0.15);
  },
);
