/**
 * Every system register and system instruction of the tables, at every exception level, under every bit of every control register: a
 * bare-metal program (guest/tests/levels/sweep.c) whose tables are written here, and what it finds on a machine.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cores } from "../../src/cpu/cores/cores.js";
import { featureHolds } from "../../src/cpu/system-register-access.js";
import {
  splitEncoding,
  systemOperations,
  systemRegister,
  systemRegisters,
} from "../../src/isa/system-registers/index.js";

const ROOT = new URL("../..", import.meta.url).pathname;

/** One instruction to try. */
export interface Body {
  readonly name: string;
  readonly word: number;
  /** A write of a register: name of the body that reads it. */
  readonly reads?: string;
  readonly isRead?: boolean;
  /** X0 is the address of memory that the body may change. */
  readonly address?: boolean;
  /** X0 is this. */
  readonly x0?: bigint;
}

/** A level, with the control registers that make it what it is. */
export interface Level {
  readonly name: string;
  readonly el: 0 | 1 | 2 | 3;
  readonly secure?: boolean;
  readonly e2h?: boolean;
  readonly tge?: boolean;
}

/** Bodies tried at a level, with some registers other than the defaults. */
export interface Group {
  readonly name: string;
  readonly level: Level;
  /** Values, or assembly expressions. */
  readonly overrides: ReadonlyMap<string, bigint | string>;
  /** PSTATE bits to turn over, as in SPSR_ELx. */
  readonly pstate?: number;
  /** Only these of the sweep's bodies, one after the other with the registers as the one before leaves them. */
  readonly slice?: { readonly first: number; readonly count: number };
}

export interface Outcome {
  readonly esr: number;
  readonly spsr: number;
  readonly el: number;
  readonly vector: number;
  readonly ran: boolean;
  readonly offset: number;
  readonly pstate: number;
  readonly x0: bigint;
  readonly far: bigint;
}

export interface Sweep {
  readonly core: string;
  readonly bodies: readonly Body[];
  readonly groups: readonly Group[];
}

export const bit = (n: number): bigint => 1n << BigInt(n);
const bits = (...numbers: number[]): bigint => numbers.reduce((value, n) => value | bit(n), 0n);

export const systemWord = (encoding: number, read: boolean): number => {
  const { op0, op1, crn, crm, op2 } = splitEncoding(encoding);
  return (0xd500_0000 | (read ? 1 << 21 : 0) | (op0 << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5)) >>> 0;
};

const genericName = (encoding: number): string => {
  const { op0, op1, crn, crm, op2 } = splitEncoding(encoding);
  return `s${op0}_${op1}_c${crn}_c${crm}_${op2}`;
};

/** Registers and instructions of the tables, and other instructions that controls trap. */
export function tableBodies(): Body[] {
  const found: Body[] = [];
  for (const { name, encoding, write } of systemRegisters) {
    found.push({ name: `mrs ${name}`, word: systemWord(encoding, true), isRead: true });
    // Without a writable register MSR is UNDEFINED; one of each kind is enough for those that nobody can write.
    if (write < 4 || encoding % 8 === 0)
      found.push({ name: `msr ${name}`, word: systemWord(encoding, false), reads: `mrs ${name}` });
  }
  for (const { name, encoding, kind } of systemOperations)
    found.push({ name: name.toLowerCase(), word: systemWord(encoding, false), address: kind !== "tlb" });
  for (const [name, word] of Object.entries(otherInstructions)) found.push({ name, word });
  return found;
}

/** Every encoding that MRS has, by op0, op1, CRn, CRm, op2. */
export function everyRead(): Body[] {
  const found: Body[] = [];
  for (let encoding = 0x8000; encoding < 0x10000; encoding++)
    found.push({ name: `mrs ${genericName(encoding)}`, word: systemWord(encoding, true) });
  return found;
}

/** Every encoding of SYS, and of hints, barriers and MSR (immediate), but for WFI: some levels would wait for ever. */
export function everySystemInstruction(): Body[] {
  const found: Body[] = [];
  for (let encoding = 0; encoding < 0x8000; encoding++) {
    const { op0, op1, crn, crm, op2 } = splitEncoding(encoding);
    const name = `#${op1}, c${crn}, c${crm}, #${op2}`;
    if (op0 === 0) {
      const word = (systemWord(encoding, false) | 31) >>> 0;
      if (word !== 0xd503207f) found.push({ name: `op0 0, ${name}`, word });
    } else found.push({ name: `sys ${name}, x0`, word: systemWord(encoding, false), address: true });
  }
  return found;
}

/** System instructions at encodings that the tables don't have, one in each CRn and op1, with SYS and SYSL. */
const otherInstructions: Readonly<Record<string, number>> = {
  "svc #1": 0xd4000021,
  "hvc #1": 0xd4000022,
  "smc #1": 0xd4000023,
  "brk #1": 0xd4200020,
  "hlt #1": 0xd4400020,
  "udf #0": 0,
  "dcps1 #0": 0xd4a00001,
  "dcps2 #0": 0xd4a00002,
  "dcps3 #0": 0xd4a00003,
  drps: 0xd6bf03e0,
  "fmov d0, x0": 0x9e670000,
  "add v0.4s, v0.4s, v0.4s": 0x4ea08400,
  "msr daifset, #15": 0xd5034fdf,
  "msr daifclr, #8": 0xd50348ff,
  "msr spsel, #0": 0xd50040bf,
  "msr spsel, #1": 0xd50041bf,
  "msr pan, #1": 0xd500419f,
  "msr uao, #1": 0xd500417f,
  "msr dit, #1": 0xd503415f,
  "msr ssbs, #1": 0xd503413f,
  "msr tco, #1": 0xd503419f,
  "pacia x0, x1": 0xdac10020,
  "pacda x0, x1": 0xdac10820,
  "autizb x0": 0xdac137e0,
  "pacga x0, x1, x2": 0x9ac23020,
  "xpaci x0": 0xdac143e0,
  pacia1716: 0xd503211f,
  paciasp: 0xd503233f,
  esb: 0xd503221f,
  sb: 0xd50330ff,
  cfinv: 0xd500401f,
  "sys #0, c11, c0, #0": 0xd508b000,
  "sys #3, c15, c2, #1": 0xd50bf220,
  "sys #7, c11, c15, #7": 0xd50fbfe0,
  "sys #0, c7, c0, #0": 0xd5087000,
  "sys #0, c0, c0, #0": 0xd5080000,
  "sysl x0, #0, c7, c1, #0": 0xd5287100,
  "sysl x0, #3, c11, c0, #0": 0xd52bb000,
};

const all = (high: number): number[] => Array.from({ length: high + 1 }, (_, n) => n);
const without = (list: readonly number[], ...omitted: number[]): number[] => list.filter((n) => !omitted.includes(n));

/** Control registers: what they hold when nothing traps, and the bits that are turned over one by one. */
interface Control {
  readonly value: bigint;
  readonly e2h?: bigint;
  readonly flips: readonly number[];
  /** Other values that are tried. */
  readonly values?: readonly bigint[];
  /** Levels at which they are tried. */
  readonly at: (level: Level) => boolean;
}

const below2 = ({ el }: Level): boolean => el < 2;
const below3 = ({ el }: Level): boolean => el < 3;
const sctlr = bits(4, 5, 7, 8, 9, 11, 14, 15, 16, 18, 22, 23, 26, 28, 29);

export const controls: Readonly<Record<string, Control>> = {
  // RW stays. NS is the level's. EEL2, NSE, GPF would change what the levels are.
  SCR_EL3: { value: bits(0, 4, 5, 8, 10, 11, 16, 17, 21, 25, 26), flips: without(all(40), 0, 10, 18), at: below3 },
  // Not VM, DC, which turn stage 2 on; not RW, E2H, TGE.
  HCR_EL2: {
    value: bits(31, 40, 41, 47, 53, 56),
    flips: without(all(63), 0, 12, 27, 31, 34),
    at: below3,
  },
  CPTR_EL2: { value: 0x32ffn, e2h: bits(16, 17, 20, 21, 24, 25), flips: all(31), at: below3 },
  CPTR_EL3: { value: bit(8), flips: all(31), at: () => true },
  MDCR_EL2: { value: 6n, flips: all(31), at: below3 },
  MDCR_EL3: { value: 0n, flips: all(31), at: below3 },
  HSTR_EL2: { value: 0n, flips: [5, 9, 11, 15], at: below2 },
  CNTHCTL_EL2: { value: 0xf03n, flips: all(19), at: below3 },
  CNTKCTL_EL1: { value: 0x303n, flips: all(17), at: below2 },
  // Not M, A, EE, E0E, WXN.
  SCTLR_EL1: { value: sctlr, flips: without(all(36), 0, 1, 19, 24, 25), at: below2 },
  // In Secure state QEMU 7.2 takes some of EL2's traps, to an EL2 that isn't there, and aborts.
  SCTLR_EL2: {
    value: sctlr,
    flips: without(all(36), 0, 1, 19, 24, 25),
    at: (level) => below3(level) && level.secure !== true,
  },
  CPACR_EL1: { value: bits(16, 17, 20, 21, 24, 25), flips: [16, 17, 20, 21, 24, 25, 28], at: below3 },
  MDSCR_EL1: { value: 0n, flips: [12, 13, 14, 21], at: below3 },
  PMUSERENR_EL0: { value: 15n, flips: [0, 1, 2, 3], values: [0n, 2n, 4n, 8n], at: below2 },
  ICH_HCR_EL2: { value: 0n, flips: [10, 11, 12, 13, 14], at: below2 },
  ICC_SRE_EL1: { value: 7n, flips: [], at: below2 },
  ICC_SRE_EL2: { value: 15n, flips: [3], at: below3 },
  ICC_SRE_EL3: { value: 15n, flips: [3], at: below3 },
  PMCR_EL0: { value: 0n, flips: [], at: below2 },
  OSLAR_EL1: { value: 0n, flips: [], at: below2 },
};

/** Registers that a body may change behind the harness's back. */
const restored = ["VBAR_EL1", "VBAR_EL2", "VBAR_EL3"];

export const levels: readonly Level[] = [
  { name: "EL0", el: 0 },
  { name: "EL1", el: 1 },
  { name: "EL2", el: 2 },
  { name: "EL3", el: 3 },
  { name: "Secure EL0", el: 0, secure: true },
  { name: "Secure EL1", el: 1, secure: true },
  { name: "EL0, TGE", el: 0, tge: true },
  { name: "EL2, TGE", el: 2, tge: true },
  { name: "EL0, E2H", el: 0, e2h: true },
  { name: "EL1, E2H", el: 1, e2h: true },
  { name: "EL2, E2H", el: 2, e2h: true },
  { name: "EL3, E2H", el: 3, e2h: true },
  { name: "EL0, E2H, TGE", el: 0, e2h: true, tge: true },
  { name: "EL2, E2H, TGE", el: 2, e2h: true, tge: true },
];

/** The control registers that make a level what it is, with nothing trapped. */
export function levelOverrides(level: Level): Map<string, bigint> {
  const hcr = controls.HCR_EL2!.value | (level.e2h ? bit(34) : 0n) | (level.tge ? bit(27) : 0n);
  const overrides = new Map([
    ["SCR_EL3", controls.SCR_EL3!.value & ~(level.secure ? 1n : 0n)],
    ["HCR_EL2", hcr],
  ]);
  for (const [name, { e2h }] of Object.entries(controls)) if (level.e2h && e2h !== undefined) overrides.set(name, e2h);
  return overrides;
}

export const hasVhe = (core: string): boolean => cores.get(core)!.features.has("FEAT_VHE");

/** The levels alone, with nothing trapped. */
export function plainGroups(core: string): Group[] {
  return levels
    .filter(({ e2h }) => !e2h || hasVhe(core))
    .map((level) => ({ name: level.name, level, overrides: levelOverrides(level) }));
}

/** Control registers that act on a level, with what they hold there when nothing is trapped, and the bits to turn over. */
export function levelControls(level: Level, overrides: ReadonlyMap<string, bigint | string>) {
  return Object.entries(controls)
    .filter(([, { at }]) => at(level))
    .map(([register, { value, flips, values = [], e2h }]) => ({
      register,
      flips,
      values,
      before: (overrides.get(register) as bigint | undefined) ?? (level.e2h && e2h !== undefined ? e2h : value),
    }));
}

/** Every control bit, turned over, at every level that it may act on. */
export function controlGroups(core: string): Group[] {
  const found: Group[] = [];
  for (const { level, overrides, name } of plainGroups(core)) {
    for (const { register, flips, values, before } of levelControls(level, overrides)) {
      for (const n of flips) {
        const changed = new Map(overrides);
        // SCR_EL3.NS and HCR_EL2's bits must be what the level says when others are written.
        changed.set(register, before ^ bit(n));
        // SCR_EL3.SMD makes SMC UNDEFINED; the handlers leave by another trap then.
        if (register === "SCR_EL3" && n === 7) changed.set("CPTR_EL3", bit(8) | bit(31));
        const to = (before & bit(n)) !== 0n ? 0 : 1;
        found.push({ name: `${name}, ${register}[${n}]=${to}`, level, overrides: changed });
      }
      for (const other of values) {
        const changed = new Map(overrides).set(register, other);
        found.push({ name: `${name}, ${register}=${other}`, level, overrides: changed });
      }
    }
  }
  return found;
}

function spsr({ el }: Level): number {
  return [0x3c0, 0x3c5, 0x3c9, 0x3cd][el]!;
}

/** The assembly of the program's tables. */
function tables(sweep: Sweep, results: string): string {
  const setters = new Map<string, number>();
  const setter = (name: string): number => {
    let index = setters.get(name);
    if (index === undefined) setters.set(name, (index = setters.size));
    return index;
  };
  const overrides: string[] = [];
  const groups: string[] = [];
  const features = new Set([...cores.get(sweep.core)!.features, "EL2", "EL3"]);
  const add = (entries: Iterable<readonly [string, string]>, group: (first: number, count: number) => string): void => {
    const first = overrides.length;
    for (const [name, value] of entries) overrides.push(`.word ${setter(name)}, 0\n.quad ${value}`);
    groups.push(group(first, overrides.length - first));
  };
  const defaults: (readonly [string, string])[] = restored.map((name) => [
    name,
    `vectors_${name.slice(-3).toLowerCase()}`,
  ]);
  // While HCR_EL2.E2H is as before, CPTR_EL2 and others have another layout: HCR_EL2 comes first, and again for the group.
  const ordered = ["SCR_EL3", "HCR_EL2", ...Object.keys(controls)];
  for (const name of new Set(ordered)) {
    const { feature } = systemRegister(name);
    if (featureHolds(feature, features)) defaults.push([name, `0x${controls[name]!.value.toString(16)}`]);
  }
  add(defaults, (first, count) => `.word ${first}, ${count}\n.quad 0\n.word 0, 0`);
  const whole = sweep.bodies.length;
  for (const { level, overrides: values, pstate = 0, slice } of sweep.groups) {
    const list = slice === undefined ? whole : slice.first * 0x10000 + slice.count;
    // SCR_EL3 and HCR_EL2 first; registers that the defaults don't have last.
    const place = (name: string): number => (ordered.indexOf(name) + ordered.length + 1) % (ordered.length + 1);
    const order = [...values].sort(([a], [b]) => place(a) - place(b));
    add(
      order.map(([name, value]) => [name, typeof value === "string" ? value : `0x${value.toString(16)}`] as const),
      (first, count) =>
        `.word ${first}, ${count}\n.quad 0x${((spsr(level) ^ pstate) >>> 0).toString(16)}\n.word ${level.el >= 2 && slice === undefined ? 1 : 0}, ${list}`,
    );
  }
  const index = new Map(sweep.bodies.map(({ name }, n) => [name, n]));
  const bodies = sweep.bodies.map(({ reads, isRead, address, x0 = 0n }) => {
    const read = isRead ? -2 : reads === undefined ? -1 : index.get(reads)!;
    return `.word ${read}, ${address ? 1 : 0}\n.quad ${x0}`;
  });
  const code = sweep.bodies.map(({ word }) => `.word 0x${word.toString(16)}, 0xd42fffe0`);
  const setterCode = [...setters.keys()].map(
    (name) => `.word 0x${systemWord(systemRegister(name).encoding, false).toString(16)}, 0xd65f03c0`,
  );
  const section = (name: string, lines: readonly string[]) =>
    `.global ${name}\n.balign 8\n${name}:\n${lines.join("\n")}\n`;
  return `.text
${section("body_code", code)}${section("setter_code", setterCode)}
.section .rodata, "a"
${section("overrides", overrides)}${section("groups", groups)}${section("bodies", bodies)}
${section("group_count", [`.word ${groups.length}`])}${section("body_count", [`.word ${whole}`])}
${section("results_name", [`.asciz "${results}"`])}
`;
}

const flags =
  "-std=gnu11 -O2 -march=armv8-a -mabi=lp64 -mstrict-align -mgeneral-regs-only -ffreestanding -fno-pic -fno-pie -fno-stack-protector " +
  "-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -mbranch-protection=none -Iinclude -nostdlib -static -no-pie " +
  "-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -Wl,-T,baremetal/link.ld";

/** Builds the program in `directory`; it writes `results` there. Returns the ELF's path. */
export function buildSweep(sweep: Sweep, directory: string, results: string): string {
  mkdirSync(directory, { recursive: true });
  const source = join(directory, "tables.S");
  const elf = join(directory, "sweep.elf");
  writeFileSync(source, tables(sweep, results));
  const sources = [
    ...["sweep.c", "file.c", "enter.S"].map((name) => `tests/levels/${name}`),
    ...["print.c", "pl011.c", "semihosting.c"].map((name) => `baremetal/${name}`),
    ...["format.c", "string.c"].map((name) => `common/${name}`),
  ];
  execFileSync("aarch64-linux-gnu-gcc", [...flags.split(" "), "-o", elf, ...sources, source], {
    cwd: `${ROOT}guest`,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return elf;
}

/** QEMU's `-cpu` for a core: `max` without extensions that change traps and that this machine's lacks. */
export function qemuCore(core: string): string {
  return core === "max" ? "max,sve=off,sme=off" : core;
}

/** Options of both machines. */
export function machineOptions(cpu: string, elf: string): string[] {
  return [
    ["-M", "virt,gic-version=3,secure=on,virtualization=on"],
    ["-cpu", cpu],
    ["-m", "1024"],
    ["-nographic"],
    ["-semihosting-config", "enable=on,target=native"],
    ["-kernel", elf],
  ].flat();
}

/** What the program found: outcomes by group, then body. */
export function readOutcomes(sweep: Sweep, file: string): Outcome[][] {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = 32;
  const bodiesOf = ({ slice }: Group): readonly Body[] =>
    slice === undefined ? sweep.bodies : sweep.bodies.slice(slice.first, slice.first + slice.count);
  const records = sweep.groups.reduce((sum, group) => sum + bodiesOf(group).length, 0);
  if (bytes.byteLength !== records * size)
    throw new Error(`${file} has ${bytes.byteLength} bytes, not ${records * size}`);
  let at = 0;
  return sweep.groups.map((group) =>
    bodiesOf(group).map(() => {
      const end = view.getUint32(at + 8, true);
      const outcome: Outcome = {
        esr: view.getUint32(at, true),
        spsr: view.getUint32(at + 4, true),
        el: end & 15,
        vector: (end >>> 8) & 0xfff,
        ran: ((end >>> 24) & 1) !== 0,
        offset: end >>> 28,
        pstate: view.getUint32(at + 12, true),
        x0: view.getBigUint64(at + 16, true),
        far: view.getBigUint64(at + 24, true),
      };
      at += size;
      return outcome;
    }),
  );
}

/** An outcome in words. */
export function describeOutcome({ esr, spsr, el, vector, ran, offset, pstate, x0 }: Outcome): string {
  const hex = (value: number | bigint): string => value.toString(16);
  if (ran) return `ran: X0 ${hex(x0)}, then BRK to EL${el} vector ${hex(vector)}, PSTATE ${hex(pstate)}`;
  return `EL${el} vector ${hex(vector)} ESR ${hex(esr)} ELR +${offset} SPSR ${hex(spsr)} PSTATE ${hex(pstate)}`;
}
