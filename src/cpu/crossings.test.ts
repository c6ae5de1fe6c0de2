import { describe, expect, it } from "vitest";
import { Fixture, fixtureBytes } from "../../test/cpu/fixture.js";
import { Random } from "../../test/differential/random.js";
import { defineCrossings } from "../interpreter/crossings.js";
import { ModuleBuilder } from "../wasm/module.js";
import { cores } from "./cores/cores.js";
import { environment } from "./environment.js";
import { EnvironmentOperation } from "./environment-operations.js";
import { takeInterrupt } from "./interrupts.js";
import { setPstate } from "./pstate.js";
import { Interrupt, PeState } from "./state-layout.js";

const { svc, hvc, smc, eret, isb } = EnvironmentOperation;
const pages = fixtureBytes / 65536;

/** A PE whose system instructions may be carried out by TypeScript or by WebAssembly; `asked` counts what the latter asked for. */
function prepare(core: string, el2: boolean, el3 = false) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { pe } = new Fixture({ core, el2, el3, buffer: memory.buffer });
  const module = new ModuleBuilder();
  const signature = { parameters: ["i32", "i32", "i32"] as const, results: ["i32"] as const };
  const machine = module.importFunction("machine", signature);
  const index = module.declare(signature);
  defineCrossings(module, index, machine, cores.get(core)!.features);
  module.exportFunction("environment", index);
  const machineCalls = { asked: 0 };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
    m: {
      memory,
      machine: (_pe: number, operation: number, argument: number) => {
        machineCalls.asked++;
        return environment(pe, operation, argument);
      },
    },
  });
  return {
    pe,
    machineCalls,
    fast: exports["environment"] as (pe: number, operation: number, argument: number) => number,
  };
}

/** Words that say how the state came about. */
const bookkeeping = new Set(
  [
    PeState.goesOn,
    PeState.crossings,
    PeState.levelBudget,
    PeState.levelsEpoch,
    PeState.svcs,
    PeState.hvcs,
    PeState.smcs,
    PeState.irqs,
    PeState.fiqs,
    PeState.budget,
    ...[0, 4, 8, 12].map((at) => PeState.retiredByEl + at),
  ].map((at) => at / 4),
);

const interrupts = Object.keys(Interrupt) as (keyof typeof Interrupt)[];

describe.each([
  { core: "cortex-a57", el2: false, el3: false },
  { core: "cortex-a57", el2: true, el3: false },
  { core: "cortex-a57", el2: false, el3: true },
  { core: "max", el2: true, el3: false },
  { core: "max", el2: true, el3: true },
])("exceptions, returns and interrupts in WebAssembly on $core, EL2: $el2, EL3: $el3", ({ core, el2, el3 }) => {
  const levels = [1, ...(el2 ? [2] : []), ...(el3 ? [3] : [])];
  it("leave the state that TypeScript leaves", () => {
    const random = new Random(17, core.length);
    const { pe, machineCalls, fast } = prepare(core, el2, el3);
    const { i32, w } = pe;
    const words = PeState.levels / 4;
    const anyAddress = (): bigint => {
      const high = random.oneIn(4) ? random.word() : random.oneIn(2) ? 0xffff_8000 : 0;
      return (BigInt(high) << 32n) | BigInt(random.word() & ~3);
    };
    let done = 0;
    let interrupted = 0;
    for (let n = 0; n < 3000; n++) {
      const sometimes = (bit: number): bigint => (random.oneIn(4) ? 1n << BigInt(bit) : 0n);
      for (const el of levels) {
        pe.writeSystemRegister(`VBAR_EL${el}`, anyAddress());
        pe.writeSystemRegister(`ELR_EL${el}`, anyAddress());
        const target = random.below(el3 ? 4 : 3);
        const spsr = ((random.word() & 0xf1c0_03c0) | (target << 2) | (target === 0 ? 0 : random.below(2))) >>> 0;
        pe.writeSystemRegister(`SPSR_EL${el}`, BigInt(random.oneIn(8) ? random.word() : spsr));
        if (el < 3) pe.writeSystemRegister(`SP_EL${el}`, BigInt(random.word()));
        // SPAN, M, DSSBS.
        pe.writeSystemRegister(`SCTLR_EL${el}`, sometimes(23) | sometimes(0) | sometimes(44));
      }
      // E2H, TGE, HCD, TSC, AMO, IMO, FMO; EA, FIQ, IRQ, SMD, NS, HCE; MDSCR_EL1.MDE.
      const routing = sometimes(5) | sometimes(4) | sometimes(3);
      if (el2)
        pe.writeSystemRegister(
          "HCR_EL2",
          (1n << 31n) | sometimes(34) | sometimes(27) | sometimes(29) | sometimes(19) | routing,
        );
      if (el3)
        pe.writeSystemRegister(
          "SCR_EL3",
          sometimes(1) | sometimes(2) | sometimes(3) | sometimes(7) | (random.oneIn(4) ? 0n : 1n) | (1n << 8n),
        );
      pe.writeSystemRegister("MDSCR_EL1", random.oneIn(16) ? 0x8000n : 0n);
      const el = [0, ...levels][random.below(levels.length + 1)]!;
      setPstate(
        pe,
        (random.word() & (random.oneIn(2) ? 0xf1c0_1bc0 : 0xf1c0_1800)) | (el << 2) | (el === 0 ? 0 : random.below(2)),
      );
      pe.pc = anyAddress();
      pe.setX(31, BigInt(random.word()));
      const wires = random.oneIn(2) ? random.below(64) : 0;
      const operation = [svc, hvc, smc, eret, eret][random.below(5)]!;
      const argument = operation === eret ? 0 : random.below(0x1_0000);
      i32[w + PeState.budget / 4] = 1000;

      const before = i32.slice(w, w + words);
      const restore = (): void => {
        const epoch = i32[w + PeState.levelsEpoch / 4]!;
        i32.set(before, w);
        i32[w + PeState.levelsEpoch / 4] = epoch;
        pe.levelChanged();
        for (const name of interrupts) pe.setInterrupt(name, (wires & Interrupt[name]) !== 0);
        pe.updateInterrupts();
      };
      restore();
      const carryOut = (): void => {
        environment(pe, operation, argument);
        takeInterrupt(pe);
      };
      // Once so that all levels have been worked out; then what counts.
      carryOut();
      restore();
      carryOut();
      const expected = i32.slice(w, w + words);
      restore();
      i32[w + PeState.crossings / 4] = pe.crossingsAreUnseen ? 1 : 0;
      i32[w + PeState.levelBudget / 4] = 1000;
      const asked = machineCalls.asked;
      expect(fast(pe.base, operation, argument)).toBe(1);
      if (machineCalls.asked === asked) {
        done++;
        expect(i32[w + PeState.levelBudget / 4]).toBe(999);
        const taken = i32[w + PeState.irqs / 4]! + i32[w + PeState.fiqs / 4]!;
        if (taken > 0) interrupted++;
        // What the machine takes it sees once code has come back to it.
        if (i32[w + PeState.goesOn / 4] === 0) expect(takeInterrupt(pe)).toBe(true);
        else expect(taken === 0 && takeInterrupt(pe)).toBe(false);
      } else takeInterrupt(pe);
      const got = i32.slice(w, w + words);
      const different = [...got.keys()].filter((at) => got[at] !== expected[at] && !bookkeeping.has(at));
      expect(
        different.map((at) => (at * 4).toString(16)),
        `case ${n}`,
      ).toEqual([]);
    }
    expect(done).toBeGreaterThan(800);
    expect(interrupted).toBeGreaterThan(100);
  });
});

it("ISB asks nobody; everything else asks where the machine wants to know", () => {
  const { pe, machineCalls, fast } = prepare("cortex-a57", false);
  const { i32, w } = pe;
  expect(fast(pe.base, isb, 0)).toBe(0);
  expect(machineCalls.asked).toBe(0);
  const svcAtEl0 = (crossings: number, budget: number): number => {
    environment(pe, svc, 0);
    pe.setLevel(0, 0);
    pe.levelChanged();
    pe.pc = 0x4000_0000n;
    i32[w + PeState.crossings / 4] = crossings;
    i32[w + PeState.budget / 4] = budget;
    machineCalls.asked = 0;
    fast(pe.base, svc, 0);
    return machineCalls.asked;
  };
  expect(svcAtEl0(1, 2)).toBe(0);
  expect(svcAtEl0(0, 2)).toBe(1);
  expect(svcAtEl0(1, 1)).toBe(1);
});
