import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Definition } from "../../src/isa/definition.js";
import { InstructionTable } from "../../src/isa/table.js";
import { runCampaign } from "./campaign.js";
import { cores } from "./cores.js";
import { executors } from "./executors.js";

const usage = `npx tsx test/differential/run.ts [--count N] [--seed S] [--first N] [--filter REGEXP] [--length N]
    [--core ${cores.map((c) => c.name).join("|")}] [--limit FAILURES] [--uses] [--module FILE]
    [--left NAME] [--right NAME]   of ${Object.keys(executors).join(", ")}
Runs random instruction sequences on two executors (the reference evaluator and qemu) and compares how they end.
--module: instead of the whole table, the groups of definitions that a TypeScript file exports.`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    filter: { type: "string" },
    length: { type: "string", default: "12" },
    core: { type: "string", default: "max" },
    limit: { type: "string", default: "5" },
    uses: { type: "boolean", default: false },
    module: { type: "string" },
    left: { type: "string", default: "reference" },
    right: { type: "string", default: "qemu" },
    help: { type: "boolean", default: false },
  },
});
const core = cores.find((c) => c.name === values.core);
const left = executors[values.left];
const right = executors[values.right];
if (values.help || core === undefined || left === undefined || right === undefined) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

/** Groups among a module's exports: arrays of definitions, or arrays of those. */
function exportedGroups(module: object): (readonly Definition[])[] {
  const isGroup = (value: unknown): value is Definition[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((d) => d !== null && typeof d === "object" && "pattern" in d);
  return Object.values(module).flatMap((value: unknown) =>
    isGroup(value) ? [value] : Array.isArray(value) ? value.filter(isGroup) : [],
  );
}

const table =
  values.module === undefined
    ? (await import("../../src/isa/a64.js")).a64()
    : new InstructionTable(exportedGroups(await import(pathToFileURL(resolve(values.module)).href)));
const report = runCampaign(left(table, core), right(table, core), {
  table,
  core,
  seed: Number(values.seed),
  count: Number(values.count),
  first: Number(values.first),
  length: Number(values.length),
  limit: Number(values.limit),
  ...(values.filter === undefined ? {} : { filter: new RegExp(values.filter) }),
});
if (values.uses) for (const [name, n] of report.uses) console.log(`${String(n).padStart(8)}  ${name}`);
for (const failure of report.failures) console.log(failure);
console.log(
  `${report.cases} cases, ${report.instructions} instructions of ${report.uses.size} definitions, ` +
    `${report.failures.length} failures`,
);
process.exit(report.failures.length > 0 ? 1 : 0);
