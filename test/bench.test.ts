import { expect, it } from "vitest";
import { measure } from "../bench/process.js";
import { formatTable, meetsGoal, type Row, ratio } from "../bench/report.js";
import { geometricMean, median } from "../bench/statistics.js";

it("takes medians and geometric means", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(geometricMean([1, 4])).toBeCloseTo(2);
  expect(() => median([])).toThrow("no values");
});

const row = (values: Row["values"], goal?: Row["goal"]): Row => ({
  name: "x",
  unit: "s",
  values,
  samples: {},
  ...(goal && { goal }),
});

it("compares with goals of ratios and of our own values", () => {
  const atMost = { of: "ratio", atMost: 0.8 } as const;
  expect(ratio(row({ qemu: 2, trapeze: 1 }))).toBe(0.5);
  expect(meetsGoal(row({ qemu: 2, trapeze: 1 }, atMost))).toBe(true);
  expect(meetsGoal(row({ qemu: 1, trapeze: 1 }, atMost))).toBe(false);
  expect(meetsGoal(row({ qemu: 1 }, atMost))).toBeUndefined();
  expect(meetsGoal(row({ trapeze: 299 }, { of: "trapeze", atLeast: 300 }))).toBe(false);
});

it("compares other columns than QEMU and Trapeze", () => {
  const inBrowser: Row = {
    ...row({ trapeze: 2, chromium: 3 }, { of: "ratio", atMost: 1.15 }),
    columns: ["trapeze", "chromium"],
  };
  expect(ratio(inBrowser)).toBe(1.5);
  expect(meetsGoal(inBrowser)).toBe(false);
  const [, head, line] = formatTable({ suite: "chromium", rows: [inBrowser], failures: [] }).split("\n");
  expect(head).toMatch(/^ +Trapeze +in Chromium +ratio +goal$/);
  expect(line).toMatch(/^x \(s\) +2\.000 +3\.000 +1\.500 +ratio <= 1\.15 MISSED$/);
});

it("says in the table what was missed and what failed", () => {
  const rows = [row({ qemu: 1, trapeze: 2 }, { of: "ratio", atMost: 1.5 })];
  const table = formatTable({
    suite: "kernels",
    rows,
    geomean: { ratio: 2, atMost: 0.8 },
    failures: ["x: checksums 1, 2"],
  });
  expect(table).toMatch(/x \(s\) +1\.000 +2\.000 +2\.000 +ratio <= 1\.5 MISSED/);
  expect(table).toMatch(/geometric mean .*ratio <= 0\.8 MISSED/);
  expect(table).toContain("FAILED: x: checksums 1, 2");
});

it("measures a process: output, marks, status, memory, limit", async () => {
  const script = "console.log('first'); setTimeout(() => { console.log('ready'); process.exit(7); }, 100)";
  const run = await measure([process.execPath, "-e", script], { limit: 20, marks: ["ready", "never"] });
  expect(run.status).toBe(7);
  expect(run.output).toBe("first\nready\n");
  expect(run.marks["ready"]!).toBeGreaterThan(run.firstOutput!);
  expect(run.marks["never"]).toBeUndefined();
  expect(run.seconds).toBeGreaterThanOrEqual(run.marks["ready"]!);
  expect(run.peakMemory).toBeGreaterThan(2 ** 20);

  const hung = await measure([process.execPath, "-e", "setInterval(() => {}, 1000)"], { limit: 0.3 });
  expect(hung.status).toBe("killed after 0.3 s");
  await expect(measure(["/does/not/exist"], { limit: 1 })).rejects.toThrow("can't start /does/not/exist");
});
