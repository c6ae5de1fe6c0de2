import { describe, expect, test } from "vitest";
import { addSubtractImmediate } from "../../src/isa/base/add-subtract.js";
import { InstructionTable } from "../../src/isa/table.js";
import { runCampaign } from "./campaign.js";
import { cores } from "./cores.js";
import type { Executor } from "./executor.js";
import { Generator } from "./generator.js";
import { QemuExecutor } from "./qemu-executor.js";
import { ReferenceExecutor } from "./reference-executor.js";

const table = new InstructionTable([addSubtractImmediate]);
const core = cores[0]!;

test("a seed and a number always give the same case", () => {
  const generator = (): Generator => new Generator(table, core);
  expect(generator().case(7, 3)).toEqual(generator().case(7, 3));
  expect(generator().case(7, 3)).not.toEqual(generator().case(8, 3));
});

describe("a wrong executor", () => {
  /** Sets V whenever a sequence ends with N and C. */
  const wrong: Executor = {
    name: "wrong",
    run: (cases) =>
      new ReferenceExecutor(table, core).run(cases).map((r) => {
        const nzcv = (r.state.nzcv & 10) === 10 ? r.state.nzcv | 1 : r.state.nzcv;
        return { ...r, state: { ...r.state, nzcv } };
      }),
  };

  test("is found out, and the case is shrunk to what is needed", () => {
    const report = runCampaign(wrong, new QemuExecutor(core), { table, core, seed: 1, count: 200, limit: 1 });
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]).toMatch(/seed 1, case \d+, cortex-a57: wrong \/ qemu-aarch64/);
    expect(report.failures[0]).toMatch(/nzcv: 0xb \/ 0xa/);
    expect(report.failures[0]!.match(/\[ADD\/SUB/g)!.length).toBeLessThanOrEqual(2);
  });
});
