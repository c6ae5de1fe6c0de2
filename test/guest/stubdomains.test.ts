/**
 * Stubdomains: the guests that ask applications everything ask domains the same, one of its own tries what only a domain could do, and
 * QEMU judges what comes out.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildGuest, GUEST_BUILD, machine, onQemu, onTrapeze, packBundle } from "../support/nanovisor.js";

/** Guests of guest/tests. The one of applications replaces one at run time, so that its scheduler is one. */
type Client = "native" | "stubdomain";

const registry = (client: Client, budget: number): string => `uart domain=pl011 mmio=9000000+1000 io=9000000
tee domain=tee smc=b2000000-b20000ff guest=write firmware=yes budget=${budget} restarts=40
clock ${client === "native" ? "application=scheduler" : "domain=clock"} smc=b3000000-b300000f timer=1000
`;

let folder = "";

/** A domain's budget in microseconds. It counts QEMU's time, which without -icount is that of a host that has other things to do. */
const shortBudget = 20_000;
const longBudget = 500_000;

function bundle(client: Client, budget = shortBudget): string {
  const list = join(folder, "applications.txt");
  const output = join(folder, `${client}.bundle`);
  writeFileSync(list, registry(client, budget));
  const files = [
    `kernel:kernel=${GUEST_BUILD}/tests/${client}/client.image`,
    `text:applications=${list}`,
    `application:scheduler=${GUEST_BUILD}/apps/scheduler.elf`,
    `domain:clock=${GUEST_BUILD}/stubdomain/scheduler.elf`,
    ...["pl011", "tee"].map((name) => `domain:${name}=${GUEST_BUILD}/stubdomain/${name}.elf`),
  ];
  return packBundle(output, files);
}

beforeAll(() => {
  buildGuest("nanovisor", "apps", "domains", "kernel", "hyplets");
  folder = mkdtempSync(join(tmpdir(), "stubdomains-"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("stubdomains", () => {
  it.each([
    ["native", "cortex-a53", 1],
    ["native", "cortex-a57", 2],
    ["native", "max", 2],
    ["stubdomain", "cortex-a53", 2],
    ["stubdomain", "cortex-a57", 1],
    ["stubdomain", "max", 1],
    ["stubdomain", "max", 2],
  ] as const)(
    "asked by the %s client, on %s with %i PEs: Trapeze prints what QEMU prints",
    async (client, cpu, pes) => {
      const counted = pes === 1; // QEMU's -icount lets PEs that wait for each other starve
      const args = machine(cpu, pes, bundle(client, counted ? shortBudget : longBudget));
      const qemu = await onQemu([...args, ...(counted ? ["-icount", "shift=0"] : [])]);
      expect(await onTrapeze(args)).toEqual(qemu);
      expect(qemu.status).toBe(0);
    },
    150_000,
  );

  it.each(["application", "domain"] as const)(
    "let hyplets run after a call that an interrupt came in (%s)",
    async (kind) => {
      const image = `${GUEST_BUILD}/${kind === "domain" ? "stubdomain" : "apps"}/pl011.elf`;
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const output = join(folder, `beside-${kind}.bundle`);
      const files = [
        `kernel:kernel=${GUEST_BUILD}/kernel/Image`,
        `bundle:initrd=${GUEST_BUILD}/hyplets.bundle`,
        `text:arguments=${file("arguments", "init=run hyplet_beside 200\n")}`,
        `text:applications=${file("beside", `uart ${kind}=pl011 mmio=9000000+1000 io=9000000\n`)}`,
        `${kind}:pl011=${image}`,
      ];
      packBundle(output, files);
      const args = machine("cortex-a57", 1, output);
      const ours = await onTrapeze(args);
      expect(ours.lines).toContain("hyplet_beside: 200 of 200 in time");
      expect(ours).toEqual(await onQemu(args));
    },
    150_000,
  );

  it("give the guest its registers and interrupts back, and keep their faults to themselves", async () => {
    const text = (await onTrapeze(machine("cortex-a53", 2, bundle("stubdomain")))).lines.join("\n");
    expect(text).toMatch(/^registers lost by an SMC: 0, by a write: 0/m);
    expect(text).toContain(", by a crash: 0\ngeneral and FP registers lost: 0");
    expect(text).toContain(", by a crash that FP causes: 0\n");
    expect(text).toContain("the domain computes 0, then interrupt 27, answer 0, interrupt 30, then 0\n");
    expect(text.match(/^ {2}answer -3, then version 1$/gm)).toHaveLength(22);
    expect(text.match(/^ {2}answer 0, then version 1$/gm)).toHaveLength(3);
    expect(text.match(/^pages lost: 0$/gm)).toHaveLength(2);
    expect(text).toContain("answer 0 and SGI 3\n");
    expect(text.match(/^jobs 1 and 2 have ended$/gm)).toHaveLength(2);
    expect(text).toContain("half of the file -22, callers get -3\nnanovisor: service clock: domain (of the guest's), ");
    expect(text).toContain("unload 0, callers get -3\n");
    expect(text).toContain("both came back, then version 1\n");
  }, 90_000);

  it("crash alone, lose no page, and are restarted as often as the registry says", async () => {
    const text = (await onTrapeze(machine("cortex-a57", 2, bundle("native")))).lines.join("\n");
    expect(text.match(/then version 1$/gm)).toHaveLength(27);
    expect(text.match(/^pages lost: 0$/gm)).toHaveLength(2);
    expect(text).toContain("two PEs: count 2001, both inside at once: -22 and -22\n");
    expect(text).toContain("domain tee of service tee crashed, 41 of 40 restarts");
    expect(text).toContain("at last version -3, state 3\n");
  }, 90_000);
});
