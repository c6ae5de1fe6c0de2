import { describe, expect, it } from "vitest";
import { Fixture, type FixtureOptions, ramBase } from "../../test/cpu/fixture.js";
import { systemRegister } from "../isa/system-registers/index.js";
import { environment } from "./environment.js";
import { EnvironmentOperation, EnvironmentResult } from "./environment-operations.js";
import { interruptIsPendingUnmasked, takeInterrupt } from "./interrupts.js";
import type { MonitoredException } from "./monitor.js";
import { readPstate, setPstate } from "./pstate.js";
import { PeState } from "./state-layout.js";

const op = EnvironmentOperation;
const HCR_RW = 1n << 31n;
const masked = 0x3c0;

function at(el: number, options: FixtureOptions = {}, sp = el === 0 ? 0 : 1) {
  const fixture = new Fixture(options);
  const { pe } = fixture;
  if (options.el3) pe.writeSystemRegister("SCR_EL3", 0x501n);
  if (options.el2) pe.writeSystemRegister("HCR_EL2", HCR_RW);
  for (const level of [1, 2, 3]) pe.writeSystemRegister(`VBAR_EL${level}`, BigInt(ramBase + level * 0x10000));
  setPstate(pe, masked | (el << 2) | sp);
  pe.pc = 0x4000_1000n;
  return { ...fixture, fixture, pe };
}

describe("synchronous exceptions", () => {
  it("SVC goes to EL1 with the address after it", () => {
    const { pe } = at(0);
    expect(environment(pe, op.svc, 0x1234)).toBe(EnvironmentResult.redirected);
    expect(pe.el).toBe(1);
    expect(pe.pc).toBe(BigInt(ramBase + 0x10400));
    expect(pe.readSystemRegister("ESR_EL1")).toBe(0x5600_1234n);
    expect(pe.readSystemRegister("ELR_EL1")).toBe(0x4000_1004n);
    expect(pe.readSystemRegister("SPSR_EL1")).toBe(BigInt(masked));
  });

  it("under TGE, EL0's go to EL2", () => {
    const { pe } = at(0, { el2: true });
    pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 27n));
    environment(pe, op.svc, 0);
    expect(pe.el).toBe(2);
    expect(pe.pc).toBe(BigInt(ramBase + 0x20400));
  });

  it("the vector follows the stack pointer at the same level", () => {
    for (const [sp, offset] of [
      [0, 0],
      [1, 0x200],
    ] as const) {
      const { pe } = at(1, {}, sp);
      environment(pe, op.undefined, 0);
      expect(pe.pc).toBe(BigInt(ramBase + 0x10000 + offset));
      expect(pe.readSystemRegister("ESR_EL1")).toBe(0x0200_0000n);
      expect(pe.state(PeState.spSel)).toBe(1);
    }
  });

  it("banks the stack pointers", () => {
    const { pe } = at(0);
    pe.setX(31, 0x1000n);
    pe.writeSystemRegister("SP_EL1", 0x2000n);
    environment(pe, op.svc, 0);
    expect(pe.x(31)).toBe(0x2000n);
    expect(pe.readSystemRegister("SP_EL0")).toBe(0x1000n);
    expect(pe.readSystemRegister("SP_EL1")).toBe(0x2000n);
    environment(pe, op.eret, 0);
    expect(pe.x(31)).toBe(0x1000n);
  });

  it.each([
    [1, {}, "undefined"],
    [1, { el2: true }, 2],
    [2, { el2: true }, 2],
    [0, { el2: true }, "undefined"],
    [3, { el2: true, el3: true }, 3],
    [1, { el3: true }, "undefined"],
  ] as const)("HVC at EL%i with %o", (el, options, to) => {
    const { pe } = at(el, options);
    environment(pe, op.hvc, 5);
    const target = to === "undefined" ? Math.max(el, 1) : to;
    expect(pe.el).toBe(target);
    expect(pe.readSystemRegister(`ESR_EL${target}`)).toBe(to === "undefined" ? 0x0200_0000n : 0x5a00_0005n);
  });

  it("SMC is trapped by TSC at its own address, disabled by SMD, or taken to EL3", () => {
    const trapped = at(1, { el2: true, el3: true });
    trapped.pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 19n));
    environment(trapped.pe, op.smc, 7);
    expect(trapped.pe.el).toBe(2);
    expect(trapped.pe.readSystemRegister("ESR_EL2")).toBe(0x5e00_0007n);
    expect(trapped.pe.readSystemRegister("ELR_EL2")).toBe(0x4000_1000n);

    const disabled = at(1, { el3: true });
    disabled.pe.writeSystemRegister("SCR_EL3", 0x581n);
    environment(disabled.pe, op.smc, 7);
    expect(disabled.pe.el).toBe(1);

    const taken = at(1, { el3: true });
    environment(taken.pe, op.smc, 7);
    expect(taken.pe.el).toBe(3);
    expect(taken.pe.readSystemRegister("ELR_EL3")).toBe(0x4000_1004n);
  });

  it("sets PAN as SPAN says, and clears UAO", () => {
    for (const span of [0n, 1n]) {
      const { pe } = at(0, { core: "neoverse-n1" });
      pe.writeSystemRegister("SCTLR_EL1", span << 23n);
      pe.setState(PeState.uao, 1);
      environment(pe, op.svc, 0);
      expect(pe.state(PeState.pan)).toBe(span === 0n ? 1 : 0);
      expect(pe.state(PeState.uao)).toBe(0);
      expect(pe.readSystemRegister("SPSR_EL1") & (1n << 23n)).toBe(1n << 23n);
    }
  });
});

describe("ERET", () => {
  it("restores PSTATE, clears the exclusive monitor and sets the event register", () => {
    const { pe } = at(1);
    pe.writeSystemRegister("SPSR_EL1", 0xf000_0000n);
    pe.writeSystemRegister("ELR_EL1", 0x1234n);
    pe.setState(PeState.exclusiveAddress, 0x1000);
    environment(pe, op.eret, 0);
    expect(pe.el).toBe(0);
    expect(pe.pc).toBe(0x1234n);
    expect(readPstate(pe) >>> 0).toBe(0xf000_0000);
    expect(pe.state(PeState.exclusiveAddress)).toBe(-1);
    expect(pe.state(PeState.event)).toBe(1);
  });

  it("drops the tag of an address where the top byte is ignored", () => {
    const { pe } = at(1);
    pe.writeSystemRegister("TCR_EL1", 1n << 37n);
    pe.writeSystemRegister("SPSR_EL1", BigInt(masked));
    pe.writeSystemRegister("ELR_EL1", 0x5a00_0000_4000_0000n);
    environment(pe, op.eret, 0);
    expect(pe.pc).toBe(0x4000_0000n);
  });

  it.each([
    ["EL2 that isn't there", 1, {}, 9],
    ["a higher level", 1, { el2: true, el3: true }, 9],
    ["EL1 under TGE", 2, { el2: true }, 5],
    ["AArch32", 1, {}, 0x13],
    ["EL0 with SP_ELx", 1, {}, 1],
  ] as const)("to %s is illegal", (_name, el, options, mode) => {
    const { pe } = at(el, options);
    if (el === 2) pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 27n));
    pe.writeSystemRegister(`SPSR_EL${el}`, BigInt(mode | masked));
    pe.writeSystemRegister(`ELR_EL${el}`, 0x4000_2000n);
    environment(pe, op.eret, 0);
    expect(pe.el).toBe(el);
    expect(pe.readSystemRegister(`ESR_EL${el}`)).toBe(0x3a00_0000n);
    expect(pe.readSystemRegister(`ELR_EL${el}`)).toBe(0x4000_2000n);
    expect(pe.readSystemRegister(`SPSR_EL${el}`) & (1n << 20n)).toBe(1n << 20n);
  });
});

describe("interrupts", () => {
  const IMO = 1n << 4n;
  const TGE = 1n << 27n;
  const E2H = 1n << 34n;
  it.each([
    // el, I masked, HCR_EL2, SCR_EL3.IRQ, target (0: not taken)
    [0, false, 0n, false, 1],
    [0, true, 0n, false, 0],
    [1, false, 0n, false, 1],
    [1, true, IMO, false, 2],
    [0, true, TGE, false, 2],
    [0, true, TGE | E2H, false, 0],
    [0, false, TGE | E2H, false, 2],
    [2, false, 0n, false, 0],
    [2, true, IMO, false, 0],
    [2, false, IMO, false, 2],
    [2, true, IMO, true, 3],
    [3, false, IMO, false, 0],
    [3, false, 0n, true, 3],
    [3, true, 0n, true, 0],
  ] as const)("IRQ at EL%i, masked %s, HCR_EL2 %i, SCR_EL3.IRQ %s goes to EL%i", (el, mask, hcr, irq, target) => {
    const { pe } = at(el, { el2: true, el3: true, core: "neoverse-n1" });
    pe.writeSystemRegister("SCR_EL3", irq ? 0x503n : 0x501n);
    pe.writeSystemRegister("HCR_EL2", HCR_RW | hcr);
    setPstate(pe, (mask ? masked : 0) | (el << 2) | (el === 0 ? 0 : 1));
    pe.setInterrupt("irq", true);
    expect(interruptIsPendingUnmasked(pe)).toBe(target !== 0);
    expect(takeInterrupt(pe)).toBe(target !== 0);
    if (target !== 0) {
      expect(pe.el).toBe(target);
      const same = target === el;
      expect(pe.pc).toBe(BigInt(ramBase + target * 0x10000 + (same ? 0x280 : 0x480)));
    }
  });

  it("virtual ones go to EL1 while HCR_EL2.IMO is set, and VSE is spent", () => {
    const { pe } = at(1, { el2: true });
    setPstate(pe, 5);
    pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 7n));
    expect(takeInterrupt(pe)).toBe(false);
    pe.writeSystemRegister("HCR_EL2", HCR_RW | IMO | (1n << 7n));
    expect(takeInterrupt(pe)).toBe(true);
    expect(pe.pc).toBe(BigInt(ramBase + 0x10280));
    setPstate(pe, 5);
    pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 5n) | (1n << 8n));
    expect(takeInterrupt(pe)).toBe(true);
    expect(pe.readSystemRegister("ESR_EL1")).toBe(0xbe00_0000n);
    expect(pe.readSystemRegister("HCR_EL2") & 0x100n).toBe(0n);
  });

  it("end WFI, masked or not", () => {
    const { pe } = at(1);
    expect(environment(pe, op.wfi, 0)).toBe(EnvironmentResult.wait);
    expect(pe.waiting).toBe(true);
    pe.setInterrupt("irq", true);
    expect(pe.waiting).toBe(false);
    expect(environment(pe, op.wfi, 0)).toBe(EnvironmentResult.next);
  });
});

it("WFE ends with an event, or by an alarm that serves the next wait as well", () => {
  const { pe } = at(1);
  const alarms: (() => void)[] = [];
  const timers = { scheduleEvent: (_kernel: number, _hypervisor: number, event: () => void) => alarms.push(event) };
  pe.timers = timers as unknown as NonNullable<typeof pe.timers>;
  const wait = (): void => {
    expect(environment(pe, op.wfe, 0)).toBe(EnvironmentResult.wait);
    expect(pe.waiting).toBe(true);
  };
  wait();
  pe.signalEvent();
  expect(pe.waiting).toBe(false);
  wait();
  expect(alarms.length).toBe(1);
  alarms[0]!();
  expect(pe.waiting).toBe(false);
  wait();
  expect(alarms.length).toBe(2);
  pe.signalEvent();
  // Nobody waits: it isn't an event that a later WFE would see.
  alarms[1]!();
  wait();
});

describe("monitors", () => {
  it("serve a conduit with pc past the call", () => {
    const { pe } = at(1);
    const calls: MonitoredException[] = [];
    pe.conduit = {
      instruction: "hvc",
      monitor: {
        exceptionTaken(served, exception) {
          calls.push(exception);
          served.setX(0, 42n);
        },
      },
    };
    environment(pe, op.hvc, 0);
    expect(calls).toEqual([{ targetEl: 2, esr: 0x5a00_0000, vector: 0x400 }]);
    expect(pe.el).toBe(1);
    expect(pe.x(0)).toBe(42n);
    expect(pe.pc).toBe(0x4000_1004n);
  });

  it("that keep the control registers cost no level its state", () => {
    for (const keepsControls of [true, false]) {
      const { pe } = at(1);
      pe.conduit = { instruction: "hvc", monitor: { keepsControls, exceptionTaken: () => {} } };
      const epoch = pe.state(PeState.levelsEpoch);
      environment(pe, op.hvc, 0);
      expect(pe.state(PeState.levelsEpoch) === epoch).toBe(keepsControls);
    }
  });

  it("take the place of an exception level", () => {
    const { pe } = at(0);
    pe.monitors[1] = {
      exceptionTaken(served, exception) {
        expect(exception.esr >>> 26).toBe(0x15);
        served.setX(0, served.x(8) + 1n);
      },
    };
    pe.setX(8, 93n);
    environment(pe, op.svc, 0);
    expect(pe.el).toBe(0);
    expect(pe.x(0)).toBe(94n);
    expect(pe.pc).toBe(0x4000_1004n);
  });
});

describe("system register accesses", () => {
  const encoding = (name: string) => systemRegister(name).encoding;
  const iss = (name: string, direction: number) => {
    const { op0, op1, crn, crm, op2 } = systemRegister(name);
    return BigInt((op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (crm << 1) | direction);
  };

  it("trap again in the same way, until the control changes", () => {
    const { pe } = at(1, { el2: true });
    const TID3 = 1n << 18n;
    const read = (): number => {
      pe.setLevel(1, 1);
      pe.levelChanged();
      return environment(pe, op.mrs, encoding("ID_AA64ISAR0_EL1"));
    };
    for (let round = 0; round < 2; round++) {
      pe.writeSystemRegister("HCR_EL2", TID3);
      const syndromes = [0, 1, 2].map(() => {
        expect(read()).toBe(EnvironmentResult.redirected);
        expect(pe.el).toBe(2);
        return pe.readSystemRegister("ESR_EL2");
      });
      expect(new Set(syndromes).size).toBe(1);
      pe.writeSystemRegister("HCR_EL2", 0n);
      for (let n = 0; n < 2; n++) expect(read()).toBe(EnvironmentResult.next);
    }
  });

  it.each([
    ["SCTLR_EL1", "msr", 1, "HCR_EL2", 1n << 26n, 2],
    ["SCTLR_EL1", "mrs", 1, "HCR_EL2", 1n << 30n, 2],
    ["ID_AA64PFR0_EL1", "mrs", 1, "HCR_EL2", 1n << 18n, 2],
    ["CTR_EL0", "mrs", 1, "HCR_EL2", 1n << 17n, 2],
    ["ACTLR_EL1", "mrs", 1, "HCR_EL2", 1n << 21n, 2],
    ["CPACR_EL1", "mrs", 1, "CPTR_EL2", 1n << 31n, 2],
    ["CPACR_EL1", "msr", 2, "CPTR_EL3", 1n << 31n, 3],
    ["PMCR_EL0", "mrs", 1, "MDCR_EL2", 1n << 5n, 2],
    ["DBGBVR0_EL1", "msr", 1, "MDCR_EL2", 1n << 9n, 2],
    ["MDSCR_EL1", "mrs", 2, "MDCR_EL3", 1n << 9n, 3],
    ["CNTP_CTL_EL0", "mrs", 1, "CNTHCTL_EL2", 1n, 2],
    ["CNTPCT_EL0", "mrs", 1, "CNTHCTL_EL2", 0n, 2],
    ["CTR_EL0", "mrs", 0, "SCTLR_EL1", 0n, 1],
    ["CNTVCT_EL0", "mrs", 0, "CNTKCTL_EL1", 0n, 1],
    ["DAIF", "mrs", 0, "SCTLR_EL1", 0n, 1],
    ["PMCCNTR_EL0", "mrs", 0, "PMUSERENR_EL0", 0n, 1],
  ] as const)("%s %s at EL%i traps by %s", (name, kind, el, control, value, target) => {
    const { pe } = at(el, { el2: true, el3: true });
    const rw = control === "HCR_EL2" ? HCR_RW : 0n;
    pe.writeSystemRegister(control, rw | value);
    expect(environment(pe, op[kind], encoding(name))).toBe(EnvironmentResult.redirected);
    expect(pe.el).toBe(target);
    const syndrome = 0x6200_0000n | iss(name, kind === "mrs" ? 1 : 0);
    expect(pe.readSystemRegister(`ESR_EL${target}`) & ~0x3e0n).toBe(syndrome);
    expect(pe.readSystemRegister(`ELR_EL${target}`)).toBe(0x4000_1000n);
  });

  it("E2H makes EL1's names mean EL2's, and EL12 names exist", () => {
    const { pe } = at(2, { el2: true, core: "neoverse-n1" });
    pe.writeSystemRegister("FAR_EL1", 1n);
    pe.writeSystemRegister("FAR_EL2", 2n);
    const read = (name: string) => {
      expect(environment(pe, op.mrs, encoding(name))).toBe(EnvironmentResult.next);
      return pe.argumentLow;
    };
    expect(read("FAR_EL1")).toBe(1);
    pe.writeSystemRegister("HCR_EL2", HCR_RW | (1n << 34n));
    expect(read("FAR_EL1")).toBe(2);
    expect(read("FAR_EL12")).toBe(1);
    pe.writeSystemRegister("HCR_EL2", HCR_RW);
    expect(environment(pe, op.mrs, encoding("FAR_EL12"))).toBe(EnvironmentResult.redirected);
  });

  it("a return to AArch32 is illegal and named in the log", () => {
    const log: string[] = [];
    const { pe } = at(1, { log });
    pe.writeSystemRegister("SPSR_EL1", 0x1d0n);
    pe.writeSystemRegister("ELR_EL1", 0x4000_2000n);
    environment(pe, op.eret, 0);
    expect(pe.readSystemRegister("ESR_EL1") >> 26n).toBe(0x0en);
    expect(log[0]).toBe("unimp: ERET at EL1 to AArch32 state, which this PE lacks: an illegal exception return");
  });

  it("unknown encodings are UNDEFINED and named in the log", () => {
    const log: string[] = [];
    const { pe } = at(1, { log });
    environment(pe, op.mrs, (3 << 14) | (3 << 11) | (15 << 7) | (15 << 3) | 7);
    expect(pe.readSystemRegister("ESR_EL1")).toBe(0x0200_0000n);
    expect(log).toEqual(["unimp: read of S3_3_C15_C15_7 at EL1: no such register"]);
  });
});
