import { describe, expect, test } from "vitest";
import { ReferenceEvaluator } from "../../interpreter/reference-evaluator.js";
import { AccessFlag, DirectRegisters, PeState, slotSp } from "../../ir/index.js";
import { baseInstructions } from "../base/index.js";
import { systemRegister } from "../system-registers/registry.js";
import { systemEncoding } from "../system-registers/system-register.js";
import { InstructionTable } from "../table.js";
import { systemInstructions } from "./index.js";

const table = new InstructionTable([...baseInstructions, ...systemInstructions]);
const dataOffset = PeState.size;

/** A PE state block, 256 bytes of memory at address 0, and a record of what the machine was asked. */
class Bench {
  readonly memory = new DataView(new ArrayBuffer(dataOffset + 256));
  readonly asked: [name: string, argument: number, value: bigint][] = [];
  readonly accesses: { size: number; flags: number; address: bigint }[] = [];
  answer: bigint | undefined = 0n;
  private readonly evaluator = new ReferenceEvaluator({
    memory: this.memory,
    base: 0,
    access: (size, flags, address) => {
      this.accesses.push({ size, flags, address });
      return dataOffset + Number(address);
    },
    environment: (name, argument, value) => {
      this.asked.push([name, argument, value]);
      return this.answer;
    },
  });

  constructor() {
    this.memory.setBigInt64(PeState.exclusiveAddress, -1n, true);
  }
  run(word: number, features?: ReadonlySet<string>): string {
    const instruction = table.decode(word | 0, features);
    if (instruction === undefined) throw new Error(`${word.toString(16)} is unallocated`);
    return this.evaluator.step(instruction);
  }
  x(register: number): bigint {
    return this.memory.getBigUint64(PeState.x + 8 * register, true);
  }
  setX(register: number, value: bigint): void {
    this.memory.setBigUint64(PeState.x + 8 * register, value, true);
  }
  state(offset: number): number {
    return this.memory.getInt32(offset, true);
  }
  setState(offset: number, value: number): void {
    this.memory.setInt32(offset, value, true);
  }
  setRegister(name: string, value: bigint): void {
    this.memory.setBigUint64(PeState.system + 8 * systemRegister(name).slot, value, true);
  }
  register(name: string): bigint {
    return this.memory.getBigUint64(PeState.system + 8 * systemRegister(name).slot, true);
  }
  data(offset: number): DataView {
    return new DataView(this.memory.buffer, dataOffset + offset);
  }
}

const mrs = (name: string, t: number): number => 0xd5300000 | ((systemRegister(name).encoding & 0x7fff) << 5) | t;
const msr = (name: string, t: number): number => 0xd5100000 | ((systemRegister(name).encoding & 0x7fff) << 5) | t;

describe("MRS and MSR", () => {
  test.each([
    ["TPIDR_EL0", 0],
    ["TPIDR_EL1", 1],
    ["TPIDR_EL2", 2],
  ])("%s is read and written without the machine from EL%i up, and through it below", (name, level) => {
    for (let el = 0; el <= 3; el++) {
      const bench = new Bench();
      bench.setState(PeState.el, el);
      bench.setX(3, 0x1234_5678_9abc_def0n);
      bench.run(msr(name, 3));
      bench.answer = 7n;
      bench.run(mrs(name, 4));
      const { encoding } = systemRegister(name);
      if (el >= level) {
        expect(bench.asked).toEqual([]);
        expect(bench.x(4)).toBe(bench.x(3));
      } else {
        expect(bench.asked.map(([what, argument]) => [what, argument])).toEqual([
          ["msr", encoding],
          ["mrs", encoding],
        ]);
        expect(bench.asked[0]![2]).toBe(bench.x(3));
        expect(bench.x(4)).toBe(7n);
        expect(bench.register(name)).toBe(0n);
      }
    }
  });

  test("SP_EL0 is the machine's business at EL0 and while it is the current stack pointer", () => {
    for (const [el, spSel, direct] of [
      [0, 0, false],
      [1, 0, false],
      [1, 1, true],
      [2, 1, true],
    ] as const) {
      const bench = new Bench();
      bench.setState(PeState.el, el);
      bench.setState(PeState.spSel, spSel);
      bench.setRegister("SP_EL0", 0x77n);
      bench.setX(slotSp, 0x88n);
      bench.run(mrs("SP_EL0", 0));
      expect(bench.asked.length).toBe(direct ? 0 : 1);
      expect(bench.x(0)).toBe(direct ? 0x77n : 0n);
    }
  });

  test("exception registers are the machine's business unless it says otherwise", () => {
    for (const allowed of [0, DirectRegisters.el2]) {
      const bench = new Bench();
      bench.setState(PeState.directRegisters, allowed);
      bench.setState(PeState.spsrWritable, 0xf000_0fff | 0);
      bench.setX(3, -1n & 0xffff_ffff_ffff_ffffn);
      bench.run(msr("SPSR_EL2", 3));
      bench.run(msr("ELR_EL2", 3));
      bench.answer = 7n;
      bench.run(mrs("SPSR_EL2", 4));
      expect(bench.asked.length).toBe(allowed === 0 ? 3 : 0);
      expect(bench.x(4)).toBe(allowed === 0 ? 7n : 0xf000_0fffn);
      expect(bench.register("ELR_EL2")).toBe(allowed === 0 ? 0n : bench.x(3));
    }
  });

  test("NZCV keeps its four bits", () => {
    const bench = new Bench();
    for (let nzcv = 0n; nzcv < 16n; nzcv++) {
      bench.setX(1, 0xffff_ffff_0fff_ffffn | (nzcv << 28n));
      bench.run(msr("NZCV", 1));
      bench.run(mrs("NZCV", 2));
      expect(bench.x(2)).toBe(nzcv << 28n);
    }
  });

  test("FPSR is the machine's to read while FP traps", () => {
    const bench = new Bench();
    bench.setState(PeState.fpsr, 0x0800_0010);
    bench.run(mrs("FPSR", 1));
    expect(bench.x(1)).toBe(0x0800_0010n);
    bench.setState(PeState.fpTrap, 1);
    bench.answer = undefined;
    expect(bench.run(mrs("FPSR", 2))).toBe("left");
    expect(bench.asked).toEqual([["mrs", systemRegister("FPSR").encoding, 0n]]);
    expect(bench.x(2)).toBe(0n);
  });
});

describe("PSTATE", () => {
  test("DAIFSet masks at EL1 at once, and asks at EL0", () => {
    const bench = new Bench();
    bench.setState(PeState.el, 1);
    bench.setState(PeState.daif, 0b1000);
    bench.run(0xd50342df); // msr daifset, #2
    expect(bench.state(PeState.daif)).toBe(0b1010);
    expect(bench.asked).toEqual([]);
    bench.setState(PeState.el, 0);
    bench.run(0xd50341df);
    expect(bench.state(PeState.daif)).toBe(0b1010);
    expect(bench.asked).toEqual([["msrImmediate", systemEncoding(0, 3, 4, 1, 6), 0n]]);
  });
});

describe("PSTATE.DAIF", () => {
  test("is unmasked at once unless an interrupt is pending, or EL0 asks", () => {
    const clear = systemEncoding(0, 3, 4, 3, 7);
    const daif = systemRegister("DAIF").encoding;
    const bench = new Bench();
    bench.setState(PeState.el, 1);
    bench.setState(PeState.daif, 0b1111);
    bench.run(0xd50343ff); // msr daifclr, #3
    expect(bench.state(PeState.daif)).toBe(0b1100);
    bench.run(mrs("DAIF", 1));
    expect(bench.x(1)).toBe(0x300n);
    bench.setX(2, 0xffff_ffff_ffff_fd7fn);
    bench.run(msr("DAIF", 2));
    expect(bench.state(PeState.daif)).toBe(0b0101);
    expect(bench.asked).toEqual([]);
    bench.setState(PeState.interruptsPending, 1);
    bench.run(0xd50343ff);
    bench.run(msr("DAIF", 2));
    bench.setState(PeState.interruptsPending, 0);
    bench.setState(PeState.el, 0);
    bench.run(0xd50343ff);
    bench.run(mrs("DAIF", 3));
    bench.run(msr("DAIF", 2));
    const written = 0xffff_ffff_ffff_fd7fn;
    expect(bench.asked).toEqual([
      ["msrImmediate", clear, 0n],
      ["msr", daif, written],
      ["msrImmediate", clear, 0n],
      ["mrs", daif, 0n],
      ["msr", daif, written],
    ]);
    expect(bench.state(PeState.daif)).toBe(0b0101);
  });
});

describe("hints", () => {
  test("are NOPs without their feature, others UNDEFINED", () => {
    const bench = new Bench();
    bench.setX(30, 0xabcdn);
    for (const word of [0xd503233f, 0xd503221f, 0xd503245f]) expect(bench.run(word, new Set())).toBe("next"); // PACIASP, ESB, BTI C
    expect(bench.x(30)).toBe(0xabcdn);
    expect(bench.asked).toEqual([]);
    expect(table.decode(0xd50330ff, new Set())).toBeUndefined(); // SB
  });
});

describe("DC ZVA", () => {
  const zva = 0xd50b7420; // dc zva, x0
  const TDZ = 1n << 28n;
  const TGE = 1n << 27n;
  const DZE = 1n << 14n;

  test("zeroes the 64 bytes around its address", () => {
    const bench = new Bench();
    bench.setState(PeState.el, 1);
    for (let i = 0; i < 256; i += 8) bench.data(i).setBigUint64(0, 0xa5a5_a5a5_a5a5_a5a5n);
    bench.setX(0, 0x6bn);
    bench.run(zva);
    expect(bench.accesses).toEqual([{ size: 64, flags: AccessFlag.write | AccessFlag.cacheMaintenance, address: 64n }]);
    for (let i = 0; i < 256; i += 8)
      expect(bench.data(i).getBigUint64(0)).toBe(i >= 64 && i < 128 ? 0n : 0xa5a5_a5a5_a5a5_a5a5n);
  });

  test.each([
    [0, DZE, 0n, false],
    [0, 0n, 0n, true],
    [0, DZE, TDZ, true],
    [0, DZE, TGE, true],
    [1, 0n, 0n, false],
    [1, DZE, TDZ, true],
    [2, 0n, TDZ | TGE, false],
    [3, 0n, TDZ, false],
  ])("at EL%i with SCTLR_EL1 %x and HCR_EL2 %x", (el, sctlr, hcr, asks) => {
    const bench = new Bench();
    bench.setState(PeState.el, el);
    bench.setRegister("SCTLR_EL1", sctlr);
    bench.setRegister("HCR_EL2", hcr);
    bench.run(zva);
    expect(bench.asked.length).toBe(asks ? 1 : 0);
    expect(bench.accesses.length).toBe(asks ? 0 : 1);
  });
});

describe("the exclusive monitor", () => {
  const ldxr = 0xc85f7c20; // ldxr x0, [x1]
  const stxr = 0xc8037c22; // stxr w3, x2, [x1]
  const start = (): Bench => {
    const bench = new Bench();
    bench.setX(1, 16n);
    bench.setX(2, 99n);
    bench.data(16).setBigUint64(0, 5n, true);
    bench.run(ldxr);
    expect(bench.x(0)).toBe(5n);
    return bench;
  };

  test("lets a store through once", () => {
    const bench = start();
    bench.run(stxr);
    expect(bench.x(3)).toBe(0n);
    expect(bench.data(16).getBigUint64(0, true)).toBe(99n);
    bench.setX(2, 100n);
    bench.run(stxr);
    expect(bench.x(3)).toBe(1n);
    expect(bench.data(16).getBigUint64(0, true)).toBe(99n);
  });

  test.each([
    ["CLREX", (b: Bench) => b.run(0xd5033f5f)],
    ["another value in memory", (b: Bench) => b.data(16).setBigUint64(0, 6n, true)],
    ["another address", (b: Bench) => b.setX(1, 24n)],
  ] as const)("is lost to %s", (_, disturb) => {
    const bench = start();
    disturb(bench);
    bench.run(stxr);
    expect(bench.x(3)).toBe(1n);
  });
});
