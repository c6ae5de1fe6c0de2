/** `trapeze compare` from its command line, with the shortest of its experiments. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compareWithQemu } from "../../src/cli/compare/qemu.js";
import { main } from "../../src/cli/main.js";
import { crossingExperiment } from "../../src/lab/experiments/crossings.js";
import { experiments } from "../../src/lab/experiments/index.js";

const directory = mkdtempSync(join(tmpdir(), "trapeze-compare-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let output = "";
let errors = "";
beforeEach(() => {
  output = "";
  errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    output += chunk.toString();
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    errors += chunk.toString();
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const compare = (...words: string[]): Promise<number> => main(["compare", "--experiment", "crossings", ...words]);

describe("trapeze compare", () => {
  it("prints a table within a readable width, with what was published, the rules and the profiles' errors", async () => {
    expect(await compare()).toBe(0);
    expect(errors).toBe("");
    expect(output).toMatch(/^The plain crossings {2}\(--experiment crossings\)$/m);
    expect(output).toMatch(/^ {2}SVC, registers saved +1 +65 .* x\d\.\d\d$/m);
    expect(output).toMatch(/published: 230 cycles, .*: confirmed \[l4re\.org/);
    expect(output).toContain("Confirmed: the modelled figure is within 25 %");
    expect(output).toMatch(/^ {2}neoverse-n1 +\+\d+ % {2}a system call into a small kernel: modelled/m);
    expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(145);
  });

  it("prints everything that was counted as JSON, with the source of every cost", async () => {
    expect(await compare("--json")).toBe(0);
    const { experiments: results, profiles, validation } = JSON.parse(output);
    expect(results).toHaveLength(1);
    const row = results[0].groups[0].rows[0];
    expect(row).toMatchObject({ name: "SVC", run: "crossings", cpu: "cortex-a53", crossings: 200 });
    expect(row.counted).toContainEqual({
      event: { kind: "exception", name: "SVC EL0 to EL1", from: 0, to: 1 },
      total: 200,
      typical: 1,
    });
    for (const { costs } of profiles) for (const { source } of costs) expect(source).toMatch(/\w{3}/);
    expect(validation.length).toBeGreaterThan(0);
  });

  it("counts the same on every core that it is asked to take", async () => {
    const counts: unknown[] = [];
    for (const cpu of ["cortex-a53", "max"]) {
      output = "";
      expect(await compare("--json", "--cpu", cpu)).toBe(0);
      const [result] = JSON.parse(output).experiments;
      expect(result.runs[0].cpu).toBe(cpu);
      counts.push(result.groups[0].rows[1].instructions);
    }
    expect(counts[1]).toEqual(counts[0]);
  });

  it("writes a page that needs nothing else, and a trace of each machine", async () => {
    const page = join(directory, "page.html");
    const traces = join(directory, "traces");
    expect(await compare("--html", page, "--trace", traces)).toBe(0);
    const html = readFileSync(page, "utf8");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain("<svg");
    expect(html).toContain("Hennessy and Patterson");
    expect(html).not.toMatch(/(src|href)=|@import|url\(/);
    expect(readdirSync(traces)).toEqual(["crossings.perfetto-trace"]);
    const trace = readFileSync(join(traces, "crossings.perfetto-trace"), "latin1");
    expect(trace).toContain("SVC, registers saved");
    expect(statSync(page).size).toBeGreaterThan(10_000);
  });

  it.each([
    [["--experiment", "interupt"], "--experiment: there is no experiment 'interupt'; did you mean interrupt?"],
    [
      ["--experiment", "xyz"],
      `--experiment: there is no experiment 'xyz'; there are ${experiments.map(({ name }) => name).join(", ")}`,
    ],
    [["--cpu", "z80"], "--cpu: unknown core 'z80'; there are cortex-a53, cortex-a57, neoverse-n1, max"],
    [["--html", "/nonexistent/x.html"], "--html /nonexistent/x.html: no such file or directory"],
    [["--trace", "/nonexistent/x/y"], "--trace /nonexistent/x/y: no such file or directory"],
    [["--html"], "--html needs an argument: --html FILE"],
    [["timer"], "'timer' isn't an option; an experiment is --experiment timer"],
  ])("answers %j in one sentence", async (words, sentence) => {
    expect(await compare(...words)).toBe(1);
    expect(errors).toBe(`trapeze: ${sentence}\n`);
    expect(output).toBe("");
  });

  it("doesn't take a file for a folder", async () => {
    const path = join(directory, "file");
    writeFileSync(path, "");
    expect(await compare("--trace", path)).toBe(1);
    expect(errors).toBe(`trapeze: --trace ${path}: file already exists\n`);
  });

  it("--check runs the images on QEMU too", async () => {
    expect(await compare("--check")).toBe(0);
    expect(errors).toBe("");
  });
});

describe("what QEMU prints", () => {
  const images = "guest/images/";
  const [run] = crossingExperiment.runs;

  it("is compared line by line", async () => {
    expect(existsSync(join(images, run!.image))).toBe(true);
    const answer = await compareWithQemu(run!, "cortex-a53", images, "SVC   200 rounds, 199 served\n");
    expect(answer).toMatchObject({ kind: "different" });
    expect(answer.kind === "different" && answer.text).toMatch(
      /^line 1 is 'SVC {3}200 rounds, 199 served' here and 'SVC /,
    );
  });
});
