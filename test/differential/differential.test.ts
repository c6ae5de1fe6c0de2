import { describe, expect, test } from "vitest";
import { a64 } from "../../src/isa/a64.js";
import { runCampaign } from "./campaign.js";
import { cores } from "./cores.js";
import { executors } from "./executors.js";

describe("instruction sequences end as under qemu-aarch64", () => {
  const table = a64();
  const runs = [
    ...cores.map((core) => [core.name, "reference", core] as const),
    ...(["interpreter", "jit"] as const).map((name) => ["max", name, cores.at(-1)!] as const),
  ];
  test.each(runs)("%s: %s", (_, name, core) => {
    const report = runCampaign(executors[name]!(table, core), executors["qemu"]!(table, core), {
      table,
      core,
      seed: 20261121,
      count: 1500,
    });
    expect(report.failures.join("\n")).toBe("");
    expect(report.cases).toBe(1500);
    const unused = [...report.uses].filter(([, n]) => n === 0).map(([name]) => name);
    expect(unused.length).toBeLessThan(report.uses.size / 10);
  });
});
