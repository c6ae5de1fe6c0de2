import { describe, expect, it } from "vitest";
import { featureHolds } from "../../src/cpu/system-register-access.js";
import { createGic } from "../../src/gic/index.js";
import { type SystemRegister, systemRegister, systemRegisters } from "../../src/isa/system-registers/index.js";
import { silentLog } from "../../src/ports/index.js";
import { Fixture } from "./fixture.js";
import { runOnQemu, type ScriptStep } from "./qemu-script.js";
import { runOnPe } from "./scripted-pe.js";

const patterns = [~0n, 0n, 0x5555_5555_5555_5555n, 0xaaaa_aaaa_aaaa_aaaan];

/** Registers that count, that other units give, or that accesses change. */
const moving =
  /^(CNT\w+|PMCCNTR_EL0|PMXEV\w+|ICC_\w+|ICH_(MISR|EISR|ELRSR)_EL2|ISR_EL1|NZCV|FPSR|PMOVS\w+|PMSWINC_EL0)$/;

/**
 * Registers in which QEMU 7.2 departs from the manual, with why; the section is DDI 0487's.
 */
const departures: Readonly<Record<string, string>> = {
  // D17.2: the encodings are there whether or not external debug is.
  OSDTRRX_EL1: "not implemented",
  OSDTRTX_EL1: "not implemented",
  OSECCR_EL1: "not implemented",
  DBGPRCR_EL1: "not implemented",
  DBGCLAIMSET_EL1: "not implemented",
  DBGCLAIMCLR_EL1: "not implemented",
  DBGAUTHSTATUS_EL1: "not implemented",
  DBGDTR_EL0: "not implemented",
  DBGDTRRX_EL0: "not implemented",
  MDCCINT_EL1: "reads as zero",
  // D17.2.40 and others: UNDEFINED where EL1 has no AArch32; QEMU's cores have it.
  DACR32_EL2: "has AArch32",
  IFSR32_EL2: "has AArch32",
  FPEXC32_EL2: "has AArch32",
};

/** Identification registers tell of another machine: AArch32, big-endian data and more are QEMU's. */
const identification = (entry: SystemRegister): boolean =>
  entry.reset === "core" || /^(RVBAR_|S3_0_C0|ID_|MVFR|MPIDR|CCSIDR|L2CTLR|CBAR|RMR_)/.test(entry.name);

/** Whether writes would stop the script: its own vectors, stage 1, traps to a higher level. */
const untouchable = (name: string, el: number): boolean =>
  [`VBAR_EL${el}`, `ELR_EL${el}`, `SPSR_EL${el}`, `ESR_EL${el}`, "SPSel", "DAIF", "HCR_EL2", "SCR_EL3"].includes(name);

function writable(name: string): bigint {
  // Not M, A, EE, E0E; not MDE, SS; not the PMU's enable and resets.
  if (name.startsWith("SCTLR")) return ~0x0300_0003n;
  if (name === "MDSCR_EL1") return ~0x8001n;
  if (name === "PMCR_EL0") return ~7n;
  return ~0n;
}

/** Bits that the manual defines for a PE with these features, or the whole register when it hasn't any field. */
function definedBits(entry: SystemRegister, features: ReadonlySet<string>): bigint {
  let mask = 0n;
  for (const field of entry.fields)
    if (featureHolds(field.feature, features) && !field.readOnly)
      mask |= ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
  return mask;
}

/** Reads each register, then writes patterns and reads them back. */
function script(el: number): ScriptStep[] {
  const steps: ScriptStep[] = [];
  for (const { name, encoding, alias } of systemRegisters) {
    // QEMU has the EL12 names with HCR_EL2.E2H clear too (D17.2: they are then UNDEFINED).
    if (moving.test(name) || untouchable(name, el) || alias !== undefined || name in departures) continue;
    steps.push({ kind: "mrs", encoding });
    const mask = writable(name);
    for (const pattern of patterns) {
      steps.push({ kind: "msr", encoding, value: BigInt.asUintN(64, pattern & mask) });
      steps.push({ kind: "mrs", encoding });
    }
    steps.push({ kind: "msr", encoding, value: name === "CPACR_EL1" ? 0x30_0000n : 0n });
  }
  return steps;
}

/** The part of the GIC that belongs to a PE: ICH_*. */
function virtualCpuInterface() {
  const unconnected = { set() {} };
  const outputs = [{ irq: unconnected, fiq: unconnected }];
  return createGic({
    peAffinities: [0],
    spiCount: 32,
    security: "single",
    outputs,
    log: silentLog,
  }).virtualCpuInterface(0);
}

function compare(core: string, el: 1 | 2 | 3): string[] {
  const steps = script(el);
  const theirs = runOnQemu(core, el, steps);
  const fixture = new Fixture({ core, el2: el >= 2, el3: el === 3 });
  fixture.pe.virtualInterruptController = virtualCpuInterface();
  const ours = runOnPe(core, el, steps, fixture);
  const features = new Set([...fixture.pe.core.features, ...(el >= 2 ? ["EL2"] : []), ...(el === 3 ? ["EL3"] : [])]);
  const differences = new Map<string, string>();
  const written = new Set<number>();
  steps.forEach((step, n) => {
    if (step.kind !== "mrs" && step.kind !== "msr") return;
    const entry = systemRegisters.find((candidate) => candidate.encoding === step.encoding)!;
    const [mine, qemus] = [ours[n]!, theirs[n]!];
    const isWrite = step.kind === "msr";
    if (isWrite) written.add(step.encoding);
    const implementationDefined = entry.crn === 15 || entry.crn === 11;
    // Where QEMU lacks a register that the manual lets a PE lack, or has one of another core.
    if (implementationDefined || /^(ERX|ERRSELR)/.test(entry.name)) return;
    const mask = identification(entry) ? 0n : definedBits(entry, features);
    // Reset values are UNKNOWN for most registers: what was written counts.
    const same =
      mine.faulted === qemus.faulted &&
      (isWrite || mine.faulted || !written.has(step.encoding) || (mine.value & mask) === (qemus.value & mask));
    if (same || differences.has(entry.name)) return;
    const show = (result: { faulted: boolean; value: bigint }) =>
      result.faulted ? "UNDEFINED" : `0x${(result.value & mask).toString(16)}`;
    differences.set(entry.name, `${step.kind} ${entry.name}: ${show(mine)}, QEMU ${show(qemus)}`);
  });
  return [...differences.values()];
}

describe("system registers behave as QEMU's", () => {
  it.each([
    ["cortex-a53", 1],
    ["cortex-a57", 1],
    ["cortex-a57", 2],
    ["cortex-a57", 3],
    ["neoverse-n1", 1],
    ["neoverse-n1", 2],
    ["neoverse-n1", 3],
    ["max", 1],
    ["max", 3],
  ] as const)("%s at EL%i", (core, el) => {
    expect(compare(core, el)).toEqual([]);
  });
});

describe("identification registers say what QEMU's do, but for what this machine lacks", () => {
  /** Fields in which we differ from QEMU's core of the same name, with QEMU's value and ours. */
  const expected: Readonly<Record<string, readonly string[]>> = {
    "cortex-a53": ["ID_AA64PFR0_EL1.EL0 2 1", "ID_AA64PFR0_EL1.EL1 2 1", "ID_AA64MMFR0_EL1.BigEnd 1 0"],
    "cortex-a57": ["ID_AA64PFR0_EL1.EL0 2 1", "ID_AA64PFR0_EL1.EL1 2 1", "ID_AA64MMFR0_EL1.BigEnd 1 0"],
    "neoverse-n1": ["ID_AA64PFR0_EL1.EL0 2 1", "ID_AA64MMFR0_EL1.BigEnd 1 0"],
  };

  it.each(Object.keys(expected))("%s", (core) => {
    const names = systemRegisters.filter(({ name }) => /^(ID_AA64|MIDR|CTR_|CLIDR|DCZID|REVIDR)/.test(name));
    const steps = names.map(({ encoding }) => ({ kind: "mrs", encoding }) as const);
    const theirs = runOnQemu(core, 1, steps);
    const ours = runOnPe(core, 1, steps);
    const found: string[] = [];
    names.forEach((entry, n) => {
      for (const field of entry.fields) {
        const of = (value: bigint) => (value >> BigInt(field.low)) & ((1n << BigInt(field.high - field.low + 1)) - 1n);
        const [mine, qemus] = [of(ours[n]!.value), of(theirs[n]!.value)];
        if (mine !== qemus) found.push(`${entry.name}.${field.name} ${qemus} ${mine}`);
      }
    });
    expect(found.sort()).toEqual([...expected[core]!].sort());
  });

  it("cache sizes agree", () => {
    for (const core of ["cortex-a53", "cortex-a57", "neoverse-n1"]) {
      const select = systemRegister("CSSELR_EL1").encoding;
      const read = systemRegister("CCSIDR_EL1").encoding;
      const steps: ScriptStep[] = [0n, 1n, 2n].flatMap((value) => [
        { kind: "msr", encoding: select, value } as const,
        { kind: "mrs", encoding: read } as const,
      ]);
      const values = (results: readonly { value: bigint }[]) => results.map(({ value }) => value & 0xffff_ffffn);
      expect(values(runOnPe(core, 1, steps)), core).toEqual(values(runOnQemu(core, 1, steps)));
    }
  });
});
