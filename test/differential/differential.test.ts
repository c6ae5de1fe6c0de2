import { describe, expect, test } from "vitest";
import { a64 } from "../../src/isa/a64.js";
import { hasTool } from "../support/tools.js";
import { runCampaign } from "./campaign.js";
import { cores } from "./cores.js";
import { QemuExecutor } from "./qemu-executor.js";
import { ReferenceExecutor } from "./reference-executor.js";

const usable = hasTool("qemu-aarch64") && hasTool("aarch64-linux-gnu-gcc");

describe.skipIf(!usable)("instruction sequences end as under qemu-aarch64", () => {
  const table = a64();
  test.each(cores.map((core) => [core.name, core] as const))("%s", (_, core) => {
    const report = runCampaign(new ReferenceExecutor(table, core), new QemuExecutor(core), {
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
