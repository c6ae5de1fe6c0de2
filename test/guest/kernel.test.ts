/**
 * The guest kernel and its programs on QEMU and on Trapeze, with the same options: the consoles must be equal, line by line. Programs
 * print times only when they are asked to.
 */
import { describe, expect, it } from "vitest";
import { type Ending, runToEnd } from "../support/run-to-end.js";
import { hasTool } from "../support/tools.js";

const LIMIT_MS = 50_000;

interface Run {
  readonly init: string;
  /** Other words of the kernel's command line. */
  readonly kernel?: string;
  readonly machine?: string;
  readonly cpu?: string;
  readonly pes?: number;
  readonly memory?: string;
}

const runs: readonly Run[] = [
  { init: "hello a b" },
  { init: "hello", memory: "64" },
  { init: "hello", memory: "2G" },
  { init: "hello", machine: ",virtualization=on", pes: 2 },
  { init: "run hello one; hello; nothing; hello last" },
  { init: "nothing" },
  { init: "ping-pong" },
  { init: "ping-pong", cpu: "max", pes: 4 },
  { init: "messages 100" },
  { init: "irq-wait 300" },
  { init: "irq-wait 300 busy 8" },
  { init: "irq-wait 20 busy 3 equal", kernel: "quantum=500" },
  { init: "threads" },
  { init: "threads", cpu: "cortex-a53", pes: 2 },
  { init: "inversion" },
  { init: "floating-point" },
  { init: "floating-point", kernel: "fp=eager", pes: 2 },
  { init: "smp" },
  { init: "smp", pes: 4 },
  { init: "faults" },
  { init: "faults", cpu: "max" },
  { init: "soak 50" },
  { init: "soak 50", pes: 3 },
];

const options = (run: Run): string[] =>
  [
    ["-M", `virt,gic-version=3${run.machine ?? ""}`],
    ["-cpu", run.cpu ?? "cortex-a57"],
    ["-smp", `${run.pes ?? 1}`],
    ["-m", run.memory ?? "128"],
    ["-nographic"],
    ["-kernel", "guest/images/kernel.image"],
    ["-initrd", "guest/images/programs.bundle"],
    ["-append", `${run.kernel ? `${run.kernel} ` : ""}init=${run.init}`],
  ].flat();

const execute = (command: string, args: readonly string[]): Promise<Ending> => runToEnd(command, args, LIMIT_MS);

const trapeze = (run: Run, ...more: string[]): Promise<Ending> =>
  execute("node", ["bin/trapeze.js", "run", ...options(run), ...more]);

const name = (run: Run): string =>
  options(run)
    .slice(0, 8)
    .concat(run.kernel ?? "", run.init)
    .filter(Boolean)
    .join(" ");

it("QEMU is here to compare with (scripts/get-tools.sh)", () => {
  expect(hasTool("qemu-system-aarch64")).toBe(true);
});

describe("the guest kernel prints on Trapeze what it prints on QEMU", () => {
  it.each(runs.map((run) => [name(run), run] as const))(
    "%s",
    async (_name, run) => {
      const [qemu, ours] = [await execute("qemu-system-aarch64", options(run)), await trapeze(run)];
      expect(ours).toEqual(qemu);
      expect(qemu).toMatchObject({ status: 0, errors: "" });
    },
    120_000,
  );
});

describe("the guest kernel's programs", () => {
  const said = async (run: Run, ...more: string[]) => (await trapeze(run, ...more)).lines.join("\n");

  it("end alone when they do what they may not, and leave nothing", async () => {
    const text = await said({ init: "faults" });
    expect(text.match(/^kernel: process \d+ \(faults\) ended by /gm)).toHaveLength(14);
    expect(text).toContain(
      "faults: 1 processes, 1 threads, 0 interrupts left; all pages back\nkernel: init ended with status 0",
    );
  });

  it("leave no page, process, thread, semaphore or interrupt behind", async () => {
    expect(await said({ init: "soak 300", pes: 2 })).toContain(
      "soak: 2400 of 2400 processes ended\nsoak: left behind: pages 0, processes 0, threads 0, semaphores 0, interrupts 0\n",
    );
  });

  it("measure the same times compiled and interpreted", async () => {
    const run = { init: "run irq-wait 100 busy 8 time; ping-pong 100 time; crossings 100 time" };
    const text = await said(run);
    expect(text.match(/ticks of 62500000 Hz$/gm)).toHaveLength(5);
    expect(await said(run, "--no-jit")).toBe(text);
  });
});

describe("the guest kernel says what is wrong", () => {
  it.each([
    ["without init=", "", "kernel: panic: no init=PROGRAM in the arguments"],
    ["with a program that isn't there", "init=nobody", "kernel: init doesn't start: error -2"],
  ])("%s", async (_name, append, expected) => {
    const args = options({ init: "" });
    args[args.length - 1] = append;
    const { lines } = await execute("node", ["bin/trapeze.js", "run", ...args]);
    expect(lines).toContain(expected);
  });

  it("without a bundle", async () => {
    const args = options({ init: "hello" }).filter((_, n, all) => all[n] !== "-initrd" && all[n - 1] !== "-initrd");
    const { lines } = await execute("node", ["bin/trapeze.js", "run", ...args]);
    expect(lines).toContain("kernel: panic: the initrd isn't a bundle of programs");
  });
});
