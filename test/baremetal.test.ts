/**
 * The guest programs of guest/demo and guest/tests, run on QEMU and on Trapeze with the same options: output and exit status must be
 * equal, but for the departures listed beside this file. Needs scripts/get-tools.sh's packages, and fails without them.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Departure, departures } from "./baremetal-departures.js";
import { type Ending, runToEnd } from "./support/run-to-end.js";

const ROOT = new URL("..", import.meta.url).pathname;
const LIMIT_MS = 30_000;

interface Run {
  readonly program: string;
  readonly image: string;
  readonly cpu: string;
  readonly machine: string;
  readonly pes: number;
}

const onCore = (program: string, cpu = "cortex-a57", machine = "", pes = 1): Run => ({
  program,
  image: `guest/build/tests/${program}.elf`,
  cpu,
  machine,
  pes,
});

const runs: readonly Run[] = [
  ...["", ",virtualization=on", ",secure=on", ",secure=on,virtualization=on"].map((machine) => ({
    ...onCore("demo", "cortex-a57", machine),
    image: "guest/images/demo.elf",
  })),
  ...["memory", "instructions", "registers", "debug"].map((program) => onCore(program)),
  ...["timers", "gic", "tlb", "page-crossings", "block-zero", "code-modification", "code-remapping", "exclusives"].map(
    (program) => onCore(program),
  ),
  onCore("gic", "cortex-a57", ",secure=on"),
  onCore("timers", "cortex-a57", ",virtualization=on"),
  ...["cortex-a57", "neoverse-n1", "max"].map((cpu) => onCore("virtual-interrupts", cpu, ",virtualization=on")),
  ...["cortex-a57", "max"].map((cpu) => onCore("hypervisor-timers", cpu, ",virtualization=on")),
  ...["cortex-a57", "max"].map((cpu) => onCore("interrupt-routing", cpu, ",secure=on,virtualization=on")),
  onCore("performance-monitors"),
  onCore("performance-monitors", "max", ",virtualization=on"),
  onCore("memory", "cortex-a53"),
  onCore("tlb", "cortex-a53"),
  ...["cortex-a57", "neoverse-n1", "max"].map((cpu) => onCore("stage2", cpu, ",secure=on,virtualization=on")),
  onCore("granules"),
  onCore("granules", "max"),
  onCore("access-overrides", "neoverse-n1"),
  onCore("access-overrides", "max"),
  onCore("branch-targets", "max"),
  onCore("authenticated-returns", "max"),
  onCore("tlb", "max"),
  onCore("atomics", "neoverse-n1"),
  onCore("atomics", "max"),
  onCore("smp", "cortex-a57", "", 4),
  onCore("smp", "cortex-a57", ",virtualization=on", 4),
];

const options = (run: Run): string[] =>
  [
    ["-M", `virt,gic-version=3${run.machine}`],
    ["-cpu", run.cpu],
    ["-smp", `${run.pes}`],
    ["-m", "256"],
    ["-nographic", "-semihosting"],
    ["-kernel", run.image],
  ].flat();

const execute = (command: string, args: readonly string[]): Promise<Ending> => runToEnd(command, args, LIMIT_MS);

const answers = new Map<Run, Promise<Ending>>();
function onQemu(run: Run): Promise<Ending> {
  const known = answers.get(run);
  if (known) return known;
  const answer = execute("qemu-system-aarch64", options(run));
  answers.set(run, answer);
  return answer;
}

const printed = (departure: Departure, answer: string): string =>
  `${departure.line.endsWith(":") ? departure.line : departure.line.padEnd(36)} ${answer}`;

/** The lines that one may print where QEMU prints `line`. */
function acceptable(program: string, line: string): readonly string[] {
  const departure = departures.find((d) => d.program === program && printed(d, d.qemu) === line);
  if (!departure) return [line];
  const manual = printed(departure, departure.manual);
  return departure.permitted ? [manual, line] : [manual];
}

const name = (run: Run): string =>
  `${run.program} on ${run.cpu}${run.machine && `, ${run.machine.slice(1)}`}${run.pes > 1 ? `, ${run.pes} PEs` : ""}`;

beforeAll(() => {
  execFileSync("scripts/get-tools.sh", ["--check"], { cwd: ROOT, stdio: "inherit" });
  execFileSync("make", ["-s", "-C", "guest", "tests"], { cwd: ROOT, stdio: "inherit" });
}, 120_000);

describe.each([
  ["compiling", [] as string[]],
  ["interpreting", ["--no-jit"]],
] as const)("Trapeze, %s, against QEMU", (_title, extra) => {
  it.each(runs.map((run) => [name(run), run] as const))("%s", async (_name, run) => {
    expect(existsSync(`${ROOT}bin/trapeze.js`), "bin/trapeze.js isn't there: npm run build").toBe(true);
    const qemu = await onQemu(run);
    const ours = await execute("node", ["bin/trapeze.js", "run", ...options(run), ...extra]);
    expect(ours.errors).toBe("");
    const differences = qemu.lines.flatMap((line, n) => {
      const mine = ours.lines[n] ?? "(nothing)";
      return acceptable(run.program, line).includes(mine) ? [] : [{ line: n + 1, qemu: line, ours: mine }];
    });
    expect(differences).toEqual([]);
    expect(ours.lines.length).toBe(qemu.lines.length);
    expect(ours.status).toBe(qemu.status);
  });
});

describe("QEMU itself", () => {
  it.each(runs.map((run) => [name(run), run] as const))("ends well: %s", async (_name, run) => {
    const { status, errors } = await onQemu(run);
    expect({ status, errors }).toEqual({ status: 0, errors: "" });
  });

  it("still departs from the manual where the list says so, in version 7.2", async () => {
    const version = execFileSync("qemu-system-aarch64", ["--version"], { encoding: "utf8" });
    const stale: string[] = [];
    for (const departure of departures) {
      const ofProgram = runs.filter((r) => r.program === departure.program);
      const { cpu } = departure;
      const run = ofProgram.find((r) => (cpu === undefined ? r.machine === "" : r.cpu === cpu)) ?? ofProgram[0];
      const lines = run ? (await onQemu(run)).lines : [];
      const expected = [
        printed(departure, departure.qemu),
        ...(version.includes(" 7.2") ? [] : [printed(departure, departure.manual)]),
      ];
      if (!expected.some((line) => lines.includes(line))) stale.push(`${departure.program}: ${departure.line}`);
    }
    expect(stale).toEqual([]);
  });
});
