/**
 * Guests that write random values to the registers of the GIC, the ITS, the timers, the PMU, virtio and other devices, at EL1 (also under
 * a hypervisor that injects interrupts), EL2 or EL3, while they take the interrupts that come of it. The host must neither fail nor hang, and
 * the state after it must be the same compiled and interpreted.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Machine } from "../../src/board/machine.js";
import type { MachineEnd, MachineOptions } from "../../src/board/machine-options.js";
import { MemoryBlockBackend } from "../../src/devices/index.js";
import { systemRegisters } from "../../src/isa/system-registers/index.js";
import { nullCharacterBackend } from "../../src/ports/index.js";
import { Random } from "../differential/random.js";
import { runTool, withDirectory } from "../support/tools.js";

export type FuzzLevel = "EL1" | "EL1 under EL2" | "EL2" | "EL3";
export const fuzzLevels: readonly FuzzLevel[] = ["EL1", "EL1 under EL2", "EL2", "EL3"];

/** Registers of the units; others of the PE are test/architecture's. */
const units = /^(CNT|ICC_|ICH_|PM|DBG|OSLAR|DISR|VSESR|VDISR)/;

/** Where devices are, and how many bytes of each are tried. */
const places: readonly (readonly [base: number, size: number])[] = [
  [0x0800_0000, 0x1_0000], // distributor
  [0x0800_0000, 0x1000],
  [0x0808_0000, 0x2_0000], // ITS
  [0x0808_0000, 0x200],
  [0x080a_0000, 0x4_0000], // redistributors
  [0x080a_0000, 0x100],
  [0x080b_0000, 0x1000],
  [0x0900_0000, 0x1000], // PL011
  [0x0901_0000, 0x1000], // PL031
  [0x0902_0000, 0x20], // fw_cfg
  [0x0903_0000, 0x1000], // PL061
  [0x0a00_0000, 0x4000], // virtio-mmio
  [0x0a00_3c00, 0x400],
  [0x1000_0000, 0x8000], // PCI windows
];

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function value(random: Random): bigint {
  switch (random.below(6)) {
    case 0:
      return BigInt(random.below(16));
    case 1:
      return 1n << BigInt(random.below(64));
    case 2:
      return BigInt.asUintN(64, ~(1n << BigInt(random.below(64))));
    case 3:
      // An address in RAM: tables and queues.
      return 0x4000_0000n + BigInt(random.below(0x100) * 0x1000) + BigInt(random.below(8));
    case 4:
      return BigInt(random.below(0x1_0000)) << BigInt(random.below(48));
    default:
      return random.bits(64);
  }
}

function step(random: Random, el: number): string {
  const load = `ldr x0, =${hex(value(random))}\n`;
  const choice = random.below(16);
  if (choice === 0) return `msr ${random.pick(["daifclr", "daifset"])}, #${random.below(8)}\n`;
  if (choice === 1) return el === 1 ? `${load}ldr x1, =${hex(value(random))}\nhvc #0\n` : "wfe\n";
  if (choice < 8) {
    const [base, size] = random.pick(places);
    const bytes = random.pick([1, 2, 4, 4, 4, 8]);
    const address = base + (random.below(size) & -bytes);
    const name = { 1: "b w0", 2: "h w0", 4: " w0", 8: " x0" }[bytes]!;
    return `${load}ldr x1, =${hex(address)}\n${random.below(4) === 0 ? "ldr" : "str"}${name}, [x1]\n`;
  }
  const entry = random.pick(systemRegisters.filter(({ name, read }) => units.test(name) && read <= el));
  const { op0, op1, crn, crm, op2 } = entry;
  const name = `s${op0}_${op1}_c${crn}_c${crm}_${op2}`;
  return random.below(4) === 0 ? `mrs x0, ${name}\n` : `${load}msr ${name}, x0\n`;
}

/** The program, which goes round for ever. Its handlers acknowledge interrupts and step over whatever else there is. */
function source(level: FuzzLevel, random: Random, steps: number): string {
  const el = Number(level[2]);
  const guest = level === "EL1 under EL2";
  const skip = (at: number): string => `mrs x17, elr_el${at}\nadd x17, x17, #4\nmsr elr_el${at}, x17\neret`;
  // What goes on being pending is masked, until the body opens the masks again.
  const acknowledge = (group: number, at: number): string =>
    `mrs x17, icc_iar${group}_el1\nmsr icc_eoir${group}_el1, x17\nmrs x17, spsr_el${at}\norr x17, x17, #0xc0\nmsr spsr_el${at}, x17\neret`;
  const vectors = (at: number, lower: string): string =>
    [0, 1, 2, 3]
      .map((set) =>
        [
          set >= 2 ? lower : skip(at),
          acknowledge(1, at),
          acknowledge(0, at),
          skip(at).replace("add x17, x17, #4\n", ""),
        ]
          .map((code) => `.balign 0x80\n${code}\n`)
          .join(""),
      )
      .join("");
  // HVC gives the guest two virtual interrupts; traps are stepped over.
  const inject =
    "mrs x17, esr_el2\nlsr x17, x17, #26\ncmp x17, #0x16\nb.eq 1f\nmrs x17, elr_el2\nadd x17, x17, #4\nmsr elr_el2, x17\n" +
    "1: msr s3_4_c12_c12_0, x0\nmsr s3_4_c12_c12_1, x1\neret";
  const enter = `
ldr x0, =0x80000038
msr hcr_el2, x0
mov x0, #1
msr s3_4_c12_c11_0, x0
ldr x0, =0xff000002
msr s3_4_c12_c11_7, x0
adr x0, vectors1
msr vbar_el1, x0
mov x0, #0x305
msr spsr_el2, x0
adr x0, body
msr elr_el2, x0
eret
`;
  const body: string[] = [];
  for (let n = 0; n < steps; n++) {
    body.push(step(random, el));
    if (n % 60 === 59) body.push("b 1f\n.ltorg\n1:\n");
  }
  return `.text
.global _start
_start:
b start
.balign 0x800
vectors: ${vectors(guest ? 2 : el, guest ? inject : skip(guest ? 2 : el))}
.balign 0x800
vectors1: ${vectors(1, skip(1))}
start:
adr x0, vectors
msr vbar_el${guest ? 2 : el}, x0
ldr x0, =0x40800000
mov sp, x0
isb
${level === "EL2" ? "ldr x0, =0x80000038\nmsr hcr_el2, x0" : level === "EL3" ? "ldr x0, =0x43f\nmsr scr_el3, x0" : ""}
${guest ? enter : ""}
body:
// Groups on, the redistributor awake, everything in Group 1, enabled and of the highest priority.
ldr x1, =0x08000000
mov w0, #0x37
str w0, [x1]
ldr x2, =0x080a0000
str wzr, [x2, #0x14]
mov w0, #-1
str w0, [x1, #0x84]
str w0, [x1, #0x88]
str w0, [x1, #0x104]
str w0, [x1, #0x108]
add x2, x2, #0x10000
str w0, [x2, #0x80]
str w0, [x2, #0x100]
str w0, [x2, #0x200]
add x2, x2, #0x400
stp xzr, xzr, [x2]
stp xzr, xzr, [x2, #16]
mov x0, #0xff
msr icc_pmr_el1, x0
mov x0, #1
msr icc_igrpen1_el1, x0
${body.join("")}
b body
.ltorg
`;
}

function assemble(text: string): Uint8Array {
  return withDirectory((directory) => {
    const file = (name: string): string => join(directory, name);
    writeFileSync(file("fuzz.S"), text);
    const flags = ["-nostdlib", "-static", "-Wl,-Ttext=0", "-Wl,--build-id=none", "-march=armv8-a"];
    runTool("aarch64-linux-gnu-gcc", [...flags, "-o", file("fuzz.elf"), file("fuzz.S")]);
    runTool("aarch64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", file("fuzz.elf"), file("fuzz.bin")]);
    return new Uint8Array(runTool("cat", [file("fuzz.bin")]));
  });
}

export interface FuzzResult {
  readonly ends: readonly MachineEnd[];
  readonly hashes: readonly string[];
  /** Interrupts that were taken. */
  readonly interrupts: number;
}

/** Runs one program compiled and interpreted, and looks at every register afterwards. */
export async function fuzzRegisters(level: FuzzLevel, seed: number, instructions: number): Promise<FuzzResult> {
  const random = new Random(seed);
  const firmware = assemble(source(level, random, 1500));
  const cpu = random.pick(["cortex-a57", "neoverse-n1", "max"]);
  const ends: MachineEnd[] = [];
  const hashes: string[] = [];
  let interrupts = 0;
  for (const jit of [true, false]) {
    const options: MachineOptions = {
      firmware,
      cpu,
      jit,
      processors: 1,
      memory: 32 * 2 ** 20,
      virtualization: level !== "EL1",
      secure: level === "EL3",
      serial: nullCharacterBackend,
      devices: [
        { kind: "virtio-blk", backend: new MemoryBlockBackend(new Uint8Array(512 * 64)) },
        { kind: "virtio-rng" },
        { kind: "virtio-blk", bus: "pci", backend: new MemoryBlockBackend(new Uint8Array(512 * 64)) },
      ],
    };
    const machine = await Machine.create(options);
    ends.push(await machine.run({ instructions }));
    for (const name of machine.registerNames) machine.readRegister(0, name);
    hashes.push(await machine.stateHash());
    const { exceptions } = machine.statistics();
    for (const [name, count] of Object.entries(exceptions)) if (/irq|fiq|serror/i.test(name)) interrupts += count;
  }
  return { ends, hashes, interrupts };
}
