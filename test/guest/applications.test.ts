/**
 * The nanovisor's native applications: a guest asks each service everything and commits every fault, and QEMU judges what comes out.
 * The bundle is made here, because it is about the registry as well.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = new URL("../..", import.meta.url).pathname;
const BUILD = join(ROOT, "guest/build");
const APPLICATIONS = ["pl011", "tee", "scheduler"] as const;
const LIMIT_MS = 60_000;

/** `how` is application or handler; the rest of each line is what the service is allowed. */
const registry = (how: "application" | "handler"): string => `# what serves what
uart ${how}=pl011 mmio=9000000+1000 io=9000000
tee ${how}=tee smc=b2000000-b20000ff guest=write firmware=yes budget=20000 restarts=40
clock ${how}=scheduler smc=b3000000-b300000f timer=1000
`;

let folder = "";

function bundle(name: string, text: string): string {
  const list = join(folder, `${name}.txt`);
  const output = join(folder, `${name}.bundle`);
  writeFileSync(list, text);
  const files = APPLICATIONS.map((app) => `application:${app}=${BUILD}/apps/${app}.elf`);
  const kernel = `kernel:kernel=${BUILD}/tests/native/client.image`;
  execFileSync("node", ["scripts/pack-bundle.js", output, kernel, `text:applications=${list}`, ...files], {
    cwd: ROOT,
  });
  return output;
}

beforeAll(() => {
  execFileSync("make", ["-s", "-C", "guest", "nanovisor", "apps"], { cwd: ROOT });
  folder = mkdtempSync(join(tmpdir(), "applications-"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  readonly status: number | string | null;
  readonly lines: readonly string[];
}

function execute(command: string, args: readonly string[]): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ status: code ?? signal, lines: output.replaceAll("\r", "").split("\n") }),
    );
  });
}

const options = (cpu: string, pes: number, initrd: string): string[] =>
  [
    ["-M", "virt,gic-version=3,virtualization=on", "-cpu", cpu, "-smp", `${pes}`, "-m", "256", "-nographic"],
    ["-kernel", "guest/build/nanovisor/Image", "-initrd", initrd],
  ].flat();

describe("native applications", () => {
  it.each([
    ["cortex-a57", 1, "application"],
    ["cortex-a57", 2, "application"],
    ["max", 1, "application"],
    ["max", 2, "application"],
    ["cortex-a57", 2, "handler"],
    ["max", 1, "handler"],
  ] as const)(
    "on %s with %i PEs, by %s: Trapeze prints what QEMU prints",
    async (cpu, pes, how) => {
      const args = options(cpu, pes, bundle(`${cpu}-${pes}-${how}`, registry(how)));
      const qemu = await execute("qemu-system-aarch64", args);
      const ours = await execute("node", ["bin/trapeze.js", "run", ...args]);
      expect(ours).toEqual(qemu);
      expect(qemu.status).toBe(0);
    },
    150_000,
  );

  it("crash alone, lose no page, and are restarted as often as the registry says", async () => {
    const { lines } = await execute("node", [
      "bin/trapeze.js",
      "run",
      ...options("cortex-a57", 2, bundle("faults", registry("application"))),
    ]);
    const text = lines.join("\n");
    expect(text.match(/ended by a fault$/gm)).toHaveLength(13);
    expect(text.match(/ended by its budget$/gm)).toHaveLength(1);
    expect(text.match(/then version 1$/gm)).toHaveLength(26);
    expect(text.match(/^pages lost: 0$/gm)).toHaveLength(2);
    expect(text).toContain("crashed, 41 of 40 restarts");
    expect(text).toContain("at last version -3, state 3\n");
    expect(text).toContain("two PEs: count 2001\n");
    const hash = createHash("sha256").update(readFileSync(`${BUILD}/apps/tee.elf`));
    expect(text).toContain(`SHA-256 ${hash.digest("hex")}\n`);
    expect(text).toContain(`digest 0: ${createHash("sha256").update("abc").digest("hex")}\n`);
  }, 90_000);

  it("aren't started by a registry that makes no sense", async () => {
    const args = options(
      "max",
      1,
      bundle("nonsense", "uart application=pl011 mmio=\nx application=nobody\nx smc=1-2\n"),
    );
    const { lines } = await execute("node", ["bin/trapeze.js", "run", ...args]);
    expect(lines).toContain("nanovisor: the registry of applications makes no sense in line 1");
    expect(lines).toContain("nanovisor: service x: the bundle has no application nobody");
    expect(lines).toContain("nanovisor: the registry of applications makes no sense in line 3");
  }, 90_000);
});
