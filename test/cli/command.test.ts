import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../../src/cli/main.js";
import { hasTool, runTool } from "../support/tools.js";

const directory = mkdtempSync(join(tmpdir(), "trapeze-cli-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the command wrote to standard output and error. */
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
afterEach(() => {
  vi.restoreAllMocks();
});

function file(name: string, content: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** An ELF executable with one segment at the start of RAM. */
function program(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(120 + words.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint32(16, 2 | (183 << 16), true);
  view.setBigUint64(24, 0x4000_0000n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(54, 56 | (1 << 16), true);
  view.setUint32(64, 1, true);
  view.setBigUint64(72, 120n, true);
  view.setBigUint64(80, 0x4000_0000n, true);
  view.setBigUint64(88, 0x4000_0000n, true);
  view.setBigUint64(96, BigInt(words.length * 4), true);
  view.setBigUint64(104, BigInt(words.length * 4), true);
  for (const [i, word] of words.entries()) view.setUint32(120 + i * 4, word, true);
  return bytes;
}

const loop = 0x14000000; // b .
const wfi = 0xd503207f;
const branchToZero = [0xd2800000, 0xd61f0000]; // mov x0, #0; br x0
const quiet = ["-serial", "null"];

describe("run", () => {
  it("runs the demo image, whose output is QEMU's", async () => {
    const ours = join(directory, "demo.txt");
    expect(await main(["run", "demo", "-serial", `file:${ours}`])).toBe(0);
    const text = readFileSync(ours, "latin1");
    expect(text).toMatch(/^timer .* 5 interrupts 1 ms apart, 0 early\r?$/m);
    expect(text.trimEnd()).toMatch(/power off$/);
    if (!hasTool("qemu-system-aarch64")) return;
    const qemu = runTool("qemu-system-aarch64", [
      ...["-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-display", "none", "-monitor", "none"],
      ...["-serial", "stdio", "-kernel", "guest/images/demo.elf"],
    ]);
    expect(text).toBe(qemu.toString("latin1"));
  });

  it("gives the same state hash with and without the JIT, and every time", async () => {
    for (const options of [[], [], ["--no-jit"]]) await main(["run", "demo", ...quiet, "--state-hash", ...options]);
    const hashes = errors.match(/state hash [0-9a-f]{16}/g)!;
    expect(hashes.length).toBe(3);
    expect(new Set(hashes).size).toBe(1);
  });

  it("ends at an instruction limit, and writes statistics", async () => {
    const kernel = file("loop.elf", program(loop));
    const stats = join(directory, "stats.json");
    const words = ["run", "-kernel", kernel, ...quiet, "--max-instructions", "5000", "--stats", stats];
    expect(await main(words)).toBe(2);
    expect(errors).toBe("trapeze: the instruction limit was reached\n");
    expect(JSON.parse(readFileSync(stats, "utf8"))).toMatchObject({
      end: "limit",
      instructions: 5000,
      nanoseconds: 5000,
      instructionsByEl: [0, 5000, 0, 0],
    });
  });

  it("says what a guest did that can't go on", async () => {
    expect(await main(["run", "-kernel", file("sleep.elf", program(wfi, loop)), ...quiet])).toBe(2);
    expect(errors).toMatch(/^trapeze: the guest waits for ever: every PE sleeps or is off.*\n$/);
    errors = "";
    expect(await main(["run", "-kernel", file("nowhere.elf", program(...branchToZero)), ...quiet])).toBe(2);
    expect(errors).toMatch(
      /^trapeze: the guest is stuck: PE 0 takes Undefined Instruction .* at 0x200 again and again.*\n$/,
    );
  });

  it("ends with a semihosting program's own status", async () => {
    // mov w0, #0x18; adr x1, parameters; hlt #0xf000; parameters: ADP_Stopped_ApplicationExit, 42
    const exit42 = program(0x52800300, 0x10000061, 0xd45e0000, loop, 0x20026, 0, 42, 0);
    const kernel = file("exit.elf", exit42);
    expect(await main(["run", "-kernel", kernel, ...quiet, "-semihosting"])).toBe(42);
    expect(errors).toBe("");
  });

  it.each<[string[], RegExp]>([
    [["run"], /^nothing to run: give -kernel FILE/],
    [["run", "demmo"], /^there is nothing called 'demmo' to run; did you mean demo\?$/],
    [["run", "demo", "debian"], /^'debian' is one name too many/],
    [["run", "-kernel", "/nonexistent/Image"], /^kernel \/nonexistent\/Image: no such file or directory$/],
    [["run", "-kernel", "/tmp"], /^kernel \/tmp: illegal operation on a directory/],
    [["run", "demo", "-initrd", "/nonexistent"], /^initrd \/nonexistent: no such file/],
    [["run", "demo", "-cpu", "cortex-a72"], /^unknown core 'cortex-a72'; there are /],
    [["run", "demo", "-m", "1M"], /^loadable segment 0 of the kernel .* doesn't fit in RAM/],
    [["run", "demo", "-m", "8G"], /^RAM can be at most 3584 MB, not 8192$/],
    [["run", "demo", "-dtb", "package.json"], /^not a device tree blob/],
    [["run", "-kernel", process.execPath], /^the kernel is an ELF file for x86-64, not for AArch64$/],
    [["run", "demo", "-drive", "file=/nonexistent"], /disk image \/nonexistent/],
    [["run", "demo", "-device", "virtio-blk-device,drive=hd0"], /^there is no -drive with id=hd0$/],
    [["run", "demo", "-drive", "file=package.json,if=none,id=d"], /^drive 'd' has no device; add -device/],
    [["run", "demo", "-virtfs", "local,path=/nonexistent,mount_tag=x"], /shared folder \/nonexistent does not exist/],
    [["run", "demo", "-serial", "tcp:127.0.0.1:1"], /^serial port can't connect to 127\.0\.0\.1:1: /],
    [["run", "demo", "-serial", "file:/nonexistent/x"], /^serial output to \/nonexistent\/x: no such file/],
    [["run", "demo", "-D", "/nonexistent/x"], /^log file \/nonexistent\/x: no such file/],
    [["run", "demo", ...quiet, "-device", "virtconsole,chardev=c"], /^there is no -chardev with id=c$/],
    [["get"], /^get what\?/],
    [["get", "debain"], /^there is nothing called 'debain' to get; did you mean debian\?$/],
    [["disassemble", "nonsense"], /^'nonsense' is neither a file nor an instruction word/],
    [["rnu", "demo"], /^there is no command 'rnu'; did you mean run\?$/],
    [["-kernel", "x"], /^there is no command '-kernel'; options follow a command/],
  ])("%j is refused in one sentence", async (words, message) => {
    expect(await main(words)).toBe(1);
    expect(errors).toMatch(/^trapeze: [^\n]*\n$/);
    expect(errors.slice("trapeze: ".length).trimEnd()).toMatch(message);
  });
});

describe("help", () => {
  it.each([["--help"], ["help"], ["help", "run"], ["run", "--help"], ["get", "-h"], ["disassemble", "--help"]])(
    "%s %s",
    async (...words) => {
      expect(await main(words.filter((word) => word !== undefined))).toBe(0);
      expect(output).toContain("Examples:");
      expect(errors).toBe("");
    },
  );
});
