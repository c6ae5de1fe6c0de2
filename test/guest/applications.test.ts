/**
 * The nanovisor's native applications: a guest asks each service everything and commits every fault, and QEMU judges what comes out.
 * The bundle is made here, because it is about the registry as well.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuest, GUEST_BUILD, machine, onQemu, onTrapeze, packBundle } from "../support/nanovisor.js";

const APPLICATIONS = ["pl011", "tee", "scheduler"] as const;

/** `how` is application or handler; the rest of each line is what the service is allowed. */
const registry = (how: "application" | "handler"): string => `# what serves what
uart ${how}=pl011 mmio=9000000+1000 io=9000000
tee ${how}=tee smc=b2000000-b20000ff guest=write firmware=yes budget=300000 restarts=40
clock ${how}=scheduler smc=b3000000-b300000f timer=1000
`;

let folder = "";

const entries = APPLICATIONS.map((app) => `application:${app}=${GUEST_BUILD}/apps/${app}.elf`);

const bundle = (name: string, applications: string): string =>
  packBundle(join(folder, `${name}.bundle`), [`kernel:kernel=${GUEST_BUILD}/tests/native/client.image`, ...entries], {
    applications,
  });

/** The guest kernel, whose init loads applications. */
const managed = (name: string): string =>
  packBundle(
    join(folder, `${name}.bundle`),
    [
      `kernel:kernel=${GUEST_BUILD}/kernel/Image`,
      `bundle:initrd=${GUEST_BUILD}/tests/native/manager.bundle`,
      ...entries,
    ],
    {
      arguments: "init=manager",
      applications: `uart application=pl011 mmio=9000000+1000 io=9000000
late smc=b2000000-b20000ff guest=write firmware=yes
clock application=scheduler smc=b3000000-b300000f timer=1000
`,
    },
  );

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");
const hashOf = (app: string): string => sha256(readFileSync(`${GUEST_BUILD}/apps/${app}.elf`));

beforeAll(() => {
  buildGuest("nanovisor", "kernel", "apps");
  folder = mkdtempSync(join(tmpdir(), "applications-"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
      const args = machine(cpu, pes, bundle(`${cpu}-${pes}-${how}`, registry(how)));
      const [qemu, ours] = await Promise.all([onQemu(args), onTrapeze(args)]);
      expect(ours).toEqual(qemu);
      expect(qemu.status).toBe(0);
      const text = ours.lines.join("\n");
      expect(text).toContain("jobs 1 and 2: left 0 and 0, ended as number 2 and 1\n"); // its timer calls it
      expect(text).toContain(`digest 0: ${sha256("abc")}\n`);
      expect(text.match(/then version 1$/gm)).toHaveLength(pes > 1 ? 27 : 26);
      if (how === "application") expectFaults(text, pes);
    },
    150_000,
  );

  /** They crash alone, lose no page, and are restarted as often as the registry says. */
  function expectFaults(text: string, pes: number): void {
    expect(text.match(/ended by a fault$/gm)).toHaveLength(13);
    expect(text.match(/ended by its budget$/gm)).toHaveLength(1);
    expect(text.match(/^pages lost: 0$/gm)).toHaveLength(2);
    expect(text).toContain("crashed, 41 of 40 restarts");
    expect(text).toContain("at last version -3, state 3\n");
    expect(text).toContain(`SHA-256 ${hashOf("tee")}\n`);
    if (pes < 2) return;
    expect(text).toContain("two PEs: count 2001, both inside at once: 0 and 0\n");
    expect(text).toContain("a crash while another PE is inside: -3 here, -3 there, then version 1\n");
    expect(text.match(/^nanovisor: application tee of service tee crashed, 1 of 40 restarts$/gm)).toHaveLength(1);
  }

  it.each([
    ["cortex-a57", 1],
    ["max", 2],
  ] as const)(
    "are loaded, called, replaced and unloaded by init on %s with %i PEs",
    async (cpu, pes) => {
      const args = machine(cpu, pes, managed(`managed-${cpu}`));
      const [qemu, ours] = await Promise.all([onQemu(args), onTrapeze(args)]);
      expect(ours).toEqual(qemu);
      expect(ours.status).toBe(0);
      const said = ours.lines.filter((line) => /^manager: |: application .* SHA-256 /.test(line));
      expect(said).toEqual([
        expect.stringMatching(`service uart: application pl011, .* SHA-256 ${hashOf("pl011")}$`),
        expect.stringMatching(`service clock: application scheduler, .* SHA-256 ${hashOf("scheduler")}$`),
        "manager: job 1 has 0 units left",
        "manager: state 0, a call answers -3",
        expect.stringMatching(`service late: application .* SHA-256 ${hashOf("tee")}$`),
        "manager: loading answers 0",
        "manager: state 1, a call answers 1",
        "manager: no request -14, no service -2, no operation -22, unmapped image -14, the kernel's -14, overflow -22, " +
          "a call with the kernel's words -14, a call to the nanovisor -1",
        "manager: it still serves: 1",
        expect.stringMatching(`service late: application .* SHA-256 ${hashOf("scheduler")}$`),
        "manager: replacing answers 0",
        "manager: a call answers -1",
        expect.stringMatching(`service late: application .* SHA-256 ${hashOf("tee")}$`),
        "manager: replacing answers 0",
        "manager: a call answers 1, a fault -3, then 1",
        "manager: another process gets -1",
        "manager: unloading answers 0, a call -3",
      ]);
    },
    150_000,
  );

  it("aren't started by a registry that makes no sense", async () => {
    const nonsense = "uart application=pl011 mmio=\nx application=nobody\nx smc=1-2\n";
    const { lines } = await onTrapeze(machine("max", 1, bundle("nonsense", nonsense)));
    expect(lines).toContain("nanovisor: the registry of applications makes no sense in line 1");
    expect(lines).toContain("nanovisor: service x: the bundle has no application nobody");
    expect(lines).toContain("nanovisor: the registry of applications makes no sense in line 3");
  }, 90_000);
});
