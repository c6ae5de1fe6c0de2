/**
 * The published programs with hyplets, and hyplets that do what they may not: on Trapeze and on QEMU, with one PE and two, in both
 * modes. Each machine boots once for all of the programs; `hello` stands between them, so that each has its own lines.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuest, type Ending, machine, onQemu, onTrapeze, packKernel } from "../support/nanovisor.js";

type Mode = "classic" | "guarded";
interface Core {
  readonly cpu: string;
  readonly pes: number;
  readonly mode: Mode;
}

/** Guarded mode needs VHE, which the cortex-a57 hasn't. */
const cores: readonly Core[] = [
  { cpu: "cortex-a57", pes: 1, mode: "classic" },
  { cpu: "cortex-a57", pes: 2, mode: "classic" },
  { cpu: "max", pes: 1, mode: "guarded" },
  { cpu: "max", pes: 2, mode: "guarded" },
  { cpu: "max", pes: 2, mode: "classic" },
];

interface Program {
  readonly run: string;
  /** What it must have said; QEMU's lines are the rest of the expectation. */
  readonly says: readonly string[];
  readonly pes?: number;
}

const programs: readonly Program[] = [
  { run: "simple_hyplet 30 75", says: ["some global 75"] },
  { run: "simple_hyplet 30 75 hook", says: ["some global 75"] },
  { run: "user_hyplet", says: ["hyplet: run 3 with 1 2 3 4", "user_hyplet: 0 lines lost"] },
  { run: "user_hyplet hook", says: ["hyplet: run 3 with 1 2 3 4", "user_hyplet: 0 lines lost"] },
  { run: "isr_hyplet 300", says: ["isr_hyplet: 300 runs, 0 early"] },
  { run: "isr_hyplet 300 hook", says: ["isr_hyplet: 300 runs, 0 early"] },
  { run: "isr_hyplet 500 timer", says: ["isr_hyplet: 500 runs, 0 early"] },
  {
    run: "isr_hyplet 300 all",
    says: ["isr_hyplet: 300 runs, 0 early", "isr_hyplet: other interrupts ran it too: yes"],
  },
  {
    run: "rpcsender 1000",
    says: [
      "rpcsender: 1000 of 1000 answers right",
      "rpcsender: another id answers 5, then 12",
      "rpcsender: a wrong id answers -1",
      "rpcreceiver: 1000 calls, sum 12",
    ],
  },
  { run: "ping-pong 1000", says: ["ping-pong: 1000 rounds of 1000, partner's status 0"] },
  { run: "offlet_timer 500", says: ["offlet_timer: 500 of 500 ticks, hyp_wait() answered 1"], pes: 2 },
  { run: "offlet_timer 100 late", says: ["100 of 100 ticks, hyp_wait() answered 1"], pes: 2 },
  { run: "fft_hyplet 10", says: ["fft_hyplet: 256 points, 10 of 10 results equal, registers kept 10 times"] },
  {
    run: "unknown_opcode",
    says: [
      "unknown_opcode: running it answers -3",
      "unknown_opcode: told that it died: yes",
      "unknown_opcode: running it again answers -2",
    ],
  },
  { run: "hyplet_inversion", says: ["  high waits for middle: yes", "as HypRPC:", "  high waits for middle: no"] },
  {
    run: "honeypot",
    says: [
      "honeypot: a read got 4; touches 1, at offset 123, 9 pages closed",
      "acquisition: 10 of 10 pages as they were; the memory itself has changed: yes",
      "honeypot: pages left behind by copies: 0",
    ],
  },
];

let folder = "";
let bundles = 0;

beforeAll(() => {
  buildGuest("nanovisor", "kernel", "hyplets");
  folder = mkdtempSync(join(tmpdir(), "hyplets-"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIMIT = 90_000;

/** The same guest on both machines. */
async function onBoth(core: Core, init: string): Promise<{ qemu: Ending; ours: Ending }> {
  const options = machine(core.cpu, core.pes, packKernel(join(folder, `${bundles++}.bundle`), init));
  const [qemu, ours] = await Promise.all([onQemu(options, LIMIT), onTrapeze(options, LIMIT)]);
  return { qemu, ours };
}

/** Which pages of memory the kernel gave to the program depends on the times at which others ended. */
const anyPage = (line: string): string => line.replace(/^(nanovisor: honeypot: )\w+(?=\w{3} was touched)/, "$1...");

/** The lines between the hellos, which have the numbers of the programs before them. */
function parts(lines: readonly string[]): string[][] {
  const all: string[][] = [[]];
  for (const line of lines)
    if (/^ {2}argument 0: \d+$/.test(line)) all.push([]);
    else if (!line.startsWith("hello from process")) all.at(-1)?.push(anyPage(line));
  return all;
}

const title = ({ cpu, pes, mode }: Core): string => `${mode}, on ${cpu} with ${pes} PE${pes > 1 ? "s" : ""}`;

describe.each(cores.map((core) => [title(core), core] as const))("hyplets, %s", (_title, core) => {
  const fitting = programs.filter((program) => (program.pes ?? 1) <= core.pes);
  let qemu: string[][];
  let ours: string[][];

  beforeAll(async () => {
    const commands = fitting.map(({ run }, n) => `${run} ${core.mode}; hello ${n}`);
    const endings = await onBoth(core, `run ${commands.join("; ")}`);
    expect(endings.qemu.status).toBe(0);
    expect(endings.ours.status).toBe(0);
    qemu = parts(endings.qemu.lines);
    ours = parts(endings.ours.lines);
  }, 2 * LIMIT);

  it.each(fitting.map(({ run, says }, n) => [run, says, n] as const))("%s", (_run, says, n) => {
    expect(ours[n]).toEqual(qemu[n]);
    const text = ours[n]?.join("\n");
    for (const line of says) expect(text).toContain(line);
    expect(text).not.toContain("ended with status");
  });
});

/** [what a hyplet does, how the nanovisor says that it ended], as guest/hyplets/hyplet_faults.c commits them. */
const faults: readonly { name: string; end: string | undefined; only?: Mode }[] = [
  { name: "reads unmapped memory", end: "a fault" },
  { name: "writes unmapped memory", end: "a fault" },
  { name: "writes a constant", end: "a fault" },
  { name: "writes code", end: "a fault" },
  { name: "reads the kernel", end: "a fault" },
  { name: "reads the nanovisor", end: "a fault", only: "guarded" },
  { name: "writes the nanovisor", end: "a fault" },
  { name: "jumps to null", end: "a fault" },
  { name: "jumps to data", end: "a fault" },
  { name: "jumps to an odd address", end: "a fault" },
  { name: "calls the kernel", end: "a system call" },
  { name: "calls the nanovisor", end: undefined }, // HVC is undefined at EL0, and a call at EL2t
  { name: "executes an undefined instruction", end: "a fault" },
  { name: "executes a breakpoint", end: "a fault" },
  { name: "writes a system register", end: "a fault", only: "guarded" },
  { name: "runs on", end: "its budget" },
  { name: "waits for nothing", end: "its budget" },
  { name: "uses up its stack", end: "a fault" },
];

const harmless = [
  "divides by zero",
  "ends while its interrupt is pending",
  "maps another process's page",
  "ends with pages closed",
];
const harmlessWithTwo = ["ends while its hyplet runs on another PE", "ends and leaves an offlet that runs on"];

describe.each(cores.map((core) => [title(core), core] as const))("a hyplet's fault, %s", (_title, core) => {
  let lines: readonly string[];
  const committed = faults.filter(({ only }) => !only || only === core.mode);
  /** What the machine said from the end of the case before to the end of this one. */
  const about = (name: string): string => {
    const end = lines.indexOf(`hyplet_faults: ${name}: as it should be`);
    expect(end, `"${name}" ended as it should`).toBeGreaterThan(0);
    const start = lines.slice(0, end).findLastIndex((line) => line.startsWith("hyplet_faults: "));
    return lines.slice(start + 1, end + 1).join("\n");
  };

  beforeAll(async () => {
    const { qemu, ours } = await onBoth(core, `hyplet_faults ${core.mode} all`);
    expect(ours).toEqual(qemu);
    lines = ours.lines;
  }, 2 * LIMIT);

  it.each(committed)("$name: it is ended, and its process is told", ({ name, end }) => {
    const text = about(name);
    expect(text.match(/ended by/g)).toHaveLength(1);
    if (end) expect(text).toMatch(new RegExp(`^nanovisor: hyplet of process \\d+ ended by ${end}$`, "m"));
    if (end !== "its budget") expect(text.match(/^ {2}x0 /gm)).toHaveLength(1);
    expect(text.match(/^kernel: hyplet of process \d+ \(hyplet_faults\) ended: /gm)).toHaveLength(1);
  });

  it.each(core.pes > 1 ? [...harmless, ...harmlessWithTwo] : harmless)("%s: nothing is ended", (name) => {
    expect(about(name)).not.toContain("ended");
  });

  // An offlet takes a PE of its own.
  if (core.pes > 1) {
    it("has an offlet that jumps to null: it is ended, and the PE is the kernel's again", () => {
      expect(about("has an offlet that jumps to null").match(/ended by a fault$/gm)).toHaveLength(1);
    });
  }

  it("has no consequences for anyone else, and leaves nothing behind", () => {
    const count = committed.length + harmless.length + (core.pes > 1 ? harmlessWithTwo.length + 1 : 0);
    expect(lines).toContain(`hyplet_faults: ${count} of ${count} as they should be; 26 of 26 requests refused`);
    expect(lines).toContain("hyplet_faults: the other hyplet goes on: yes");
    expect(lines).toContain("hyplet_faults: left behind: 0 pages, 0 owners, 0 bindings");
    expect(lines).toContain(
      `hyplet_faults: left in the kernel: 0 pages, 0 processes, 0 threads, 0 interrupts; ${core.pes} of ${core.pes} PEs`,
    );
    expect(lines).toContain("kernel: init ended with status 0");
  });
});

describe("hyplets that come and go", () => {
  const left = [
    "hyplet_soak: left in the nanovisor: 0 pages, 0 owners, 0 bindings",
    "hyplet_soak: left in the kernel: 0 pages, 0 processes, 0 threads, 0 semaphores, 0 interrupts",
  ];

  it.each([
    ["cortex-a57", "classic"],
    ["max", "guarded"],
  ] as const)(
    "leave nothing behind after 20,000 interrupts on %s, %s",
    async (cpu, mode) => {
      const bundle = packKernel(join(folder, `soak-${cpu}.bundle`), `hyplet_soak 20000 200 ${mode}`);
      const { status, lines } = await onTrapeze(machine(cpu, 2, bundle), LIMIT);
      expect(lines).toEqual(
        expect.arrayContaining(["hyplet_soak: 0 processes failed; 20000 interrupts or more: yes", ...left]),
      );
      expect(status).toBe(0);
    },
    120_000,
  );
});

it("a guarded hyplet is refused where the core has no VHE", async () => {
  const { qemu, ours } = await onBoth({ cpu: "cortex-a57", pes: 1, mode: "guarded" }, "user_hyplet guarded");
  expect(ours).toEqual(qemu);
  expect(ours.lines).toContain("hyplet: guarded mode: error -95");
});
