/**
 * gdb-multiarch on our machines and on QEMU's, with the same scripts: it must see the same. Needs scripts/get-tools.sh's packages and
 * `npm run build`.
 */
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workplace } from "./debugged.js";

const root = new URL("../..", import.meta.url).pathname;
let place: Workplace;
beforeAll(() => {
  expect(existsSync(`${root}bin/trapeze.js`), "bin/trapeze.js isn't there: npm run build").toBe(true);
  place = new Workplace();
});
afterAll(() => place.remove());

/** What both say, without what names the side. */
function comparable(output: string): string[] {
  return output
    .split("\n")
    .map((line) =>
      line
        .replace(/\S*\.gdb:\d+/, "SCRIPT")
        .replace(/\[(running|halted ?|off)\]/, "[STATE]")
        .trimEnd(),
    )
    .filter((line) => line !== "" && !line.startsWith("warning:"));
}

/** `unlike`: lines that depend on how far the other PE has come meanwhile. */
async function same(guest: string, options: readonly string[], script: string, unlike = /^$/): Promise<string[]> {
  const elf = place.assemble(guest);
  const [ours, theirs] = await Promise.all([
    place.debug("trapeze", elf, options, script),
    place.debug("qemu", elf, options, script),
  ]);
  const alike = (output: string): string[] => comparable(output).filter((line) => !unlike.test(line));
  expect(alike(ours)).toEqual(alike(theirs));
  return comparable(ours);
}

const virtualization = ["-M", "virt,gic-version=3,virtualization=on"];

describe("as with QEMU, GDB", () => {
  it("stops at breakpoints, steps and walks the stack", async () => {
    const said = await same(
      "loop",
      [],
      `info threads
break work
continue
bt 1
stepi
x/i $pc
nexti
info registers x9 x29 x30 pc
finish
p $x0
p/x $v1.d.u
p/x $fpcr
p ($cpsr >> 2) & 3
delete
hbreak add
continue
p $x0
continue
p $x0
delete
tbreak load_all
continue
x/5i $pc
info breakpoints
detach`,
    );
    expect(said).toContain("$1 = 1");
  });

  it("writes registers and memory, and goes where pc is put", async () => {
    await same(
      "loop",
      [],
      `break add
continue
set var *(long *)&counter = 100
continue
p $x0
set $x0 = 7
stepi
p $x0
set $v3.d.u[1] = 0x1122334455667788
p/x $v3.q.u
set $pc = load_all
delete
stepi 2
x/i $pc
x/4xg &words
x/8xb &bytes
set var *(int *)&words = 77
stepi
p $x1
p/x $fpsr
set $fpsr = 1
p/x $fpsr
detach`,
    );
  });

  it("stops at watched reads and writes of every size", async () => {
    const said = await same(
      "loop",
      [],
      `watch *(unsigned long *)&counter
continue
continue
delete
rwatch *(unsigned long *)((char *)&words + 24)
continue
continue
delete
awatch *(unsigned short *)((char *)&bytes + 2)
continue
x/i $pc
continue
delete
watch *(unsigned char *)((char *)&bytes + 23)
watch *(unsigned long *)((char *)&bytes + 16)
continue
delete
break work
continue
detach`,
    );
    expect(said.filter((line) => line.startsWith("New value"))).toHaveLength(3);
  });

  it("sees a thread for each PE", async () => {
    await same(
      "loop",
      ["-smp", "2"],
      `break beat
continue
p $_thread
p *(long *)&shared
continue
p *(long *)&shared
set scheduler-locking on
stepi
x/i $pc
stepi
p/x $pc
p $_thread
thread apply 1 p *(long *)&shared
set scheduler-locking off
delete
break add thread 1
continue
p $_thread
delete
watch *(long *)&shared
continue
p $_thread
delete
thread apply all p $_thread
maintenance packet qC
detach`,
      /^(Old|New) value/,
    );
  });

  it("follows a hypervisor and its guest", async () => {
    const said = await same(
      "hypervisor",
      virtualization,
      `p $cpsr & 0xf
break guest
continue
p $cpsr & 0xf
break lower_sync
continue
p ($cpsr >> 2) & 3
p/x $ESR_EL2
p/x $ELR_EL2
p/x $HCR_EL2
p $VTTBR_EL2 == (unsigned long)&s2_level1
stepi 3
x/i $pc
p ($cpsr >> 2) & 3
delete
stepi
p/x $pc - (long)&vectors1
p/x $ESR_EL1
p/x $SPSR_EL1
p/x $ELR_EL1
stepi 2
watch *(long *)(((long)&tick & 0xffffff) | 0x80000000)
continue
x/i $pc
p *(long *)&tick
p *(long *)(((long)&tick & 0xffffff) | 0x80000000)
maintenance packet Qqemu.PhyMemMode:1
x/gx (long)&tick
maintenance packet qqemu.PhyMemMode
maintenance packet Qqemu.PhyMemMode:0
delete
break *((((long)guest_loop) & 0xffffff) | 0x80000000)
break guest_loop
set $pc = ((((long)guest_loop) & 0xffffff) | 0x80000000)
stepi 2
p/x $pc
continue
p/x $pc
x/gx 0xc0000000`,
    );
    expect(said).toContain("Cannot access memory at address 0xc0000000");
  });
});

describe("with our machine, GDB", () => {
  const ours = (guest: string, options: readonly string[], script: string): Promise<string> =>
    place.debug("trapeze", place.assemble(guest), options, script);

  it("stops at exceptions by level and class, and asks the monitor", async () => {
    const said = await ours(
      "hypervisor",
      virtualization,
      `monitor break-exception el=2 class=hvc
continue
monitor info registers ESR_EL2
monitor translate 0x80201000 el=1
monitor translate 0x80201000 el=5
monitor delete-exception
monitor break-exception el=1 class=svc
continue
p/x $pc - (long)&vectors1
monitor translate 0x80203000 write
monitor translate 0xdeadbeef000
monitor info tlb
monitor info gic
monitor break-exception el=1 class=nothing
monitor bogus`,
    );
    expect(said).toContain("PE 0 took HVC #7 from EL1 to EL2");
    expect(said).toContain("ESR_EL2 000000005a000007 EC=0x16 IL=1 ISS=7");
    // A guest's address, seen from its hypervisor.
    expect(said).toMatch(
      /0x80201000, read at EL1, EL1&0 regime:\n +stage 2 level 1: .*\n(.*\n)+?physical address: 0x40201000,/,
    );
    expect(said).toContain("'el=5' is none of");
    expect(said).toContain("$1 = 0x200");
    expect(said).toMatch(/stage 2 level 1: .*table\n +stage 2 level 2: .*block.*\n +stage 1 level 1: .*block/);
    expect(said).toMatch(/physical address: 0x40203000, rwx, Normal/);
    expect(said).toMatch(/0xdeadbeef000, read at EL1.*\n.*\n.*fault: translation fault, level 0, stage 1/);
    expect(said).toMatch(
      /EL1&0, privileged, stage 1 and 2 on, ASID 0, VMID 0 \(current\):\n {2}[0-9a-f]{16}-[0-9a-f]{16} [r-][w-][x-] -> 0x[0-9a-f]+, mapped by 1 GB\n/,
    );
    // Neighbours are one line.
    expect(said).toMatch(/^ {2}0*40204000-0*40206fff rw- -> 0x40204000, mapped by 4 KB$/m);
    expect(said).toContain("Distributor: CTLR 0x50");
    expect(said).toContain("there is no class 'nothing'");
    expect(said).toContain("unknown command 'bogus'");
  });

  it("reads and writes system registers, but not those whose reads act", async () => {
    const said = await ours(
      "hypervisor",
      virtualization,
      `p/x $MIDR_EL1
set $TPIDR_EL2 = 0x1234
p/x $TPIDR_EL2
set $HCR_EL2 = 1
p/x $HCR_EL2
p $ICC_IAR1_EL1
p $SCR_EL3
break guest
continue
p $VBAR_EL1
info registers CurrentEL`,
    );
    expect(said).toContain("$1 = 0x411fd070\n$2 = 0x1234\n$3 = 0x80000001\n$4 = void\n$5 = void\n");
    expect(said).toContain("<vectors1>");
    expect(said).toMatch(/CurrentEL +0x4 /);
  });

  it("resets and kills", async () => {
    const said = await ours(
      "loop",
      [],
      `break work
continue
monitor system_reset
maintenance flush register-cache
p/x $pc
kill`,
    );
    expect(said).toContain("$1 = 0x40200000");
    expect(said).toContain("killed");
  });
});
