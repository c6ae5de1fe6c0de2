import { describe, expect, it } from "vitest";
import { setPstate } from "../../src/cpu/pstate.js";
import { readRegister, writeRegister } from "../../src/cpu/system-register-move.js";
import { systemRegister } from "../../src/isa/system-registers/index.js";
import { Fixture } from "./fixture.js";

const el2h = 0x3c9;
const el1h = 0x3c5;

/** A PE with EL2 whose hypervisor keeps counters 4 and 5 for itself. */
function split() {
  const fixture = new Fixture({ core: "max", el2: true });
  const { pe } = fixture;
  const read = (name: string): bigint => {
    readRegister(pe, systemRegister(name).encoding);
    return (BigInt(pe.argumentHigh >>> 0) << 32n) | BigInt(pe.argumentLow >>> 0);
  };
  const write = (name: string, value: number): void => {
    pe.setArgument(value, 0);
    writeRegister(pe, systemRegister(name).encoding);
  };
  write("MDCR_EL2", 4);
  write("PMCNTENSET_EL0", 0x8000_003f | 0);
  for (let n = 0; n < 6; n++) write(`PMEVCNTR${n}_EL0`, 0x100 + n);
  return { pe, read, write };
}

describe("MDCR_EL2.HPMN keeps counters for EL2 (DDI 0487 D8.5)", () => {
  it("shows EL2 all of them", () => {
    const { read } = split();
    expect((read("PMCR_EL0") >> 11n) & 31n).toBe(6n);
    expect(read("PMCNTENSET_EL0")).toBe(0x8000_003fn);
    expect(read("PMEVCNTR5_EL0")).toBe(0x105n);
  });

  it("shows EL1 those below", () => {
    const { pe, read, write } = split();
    setPstate(pe, el1h);
    expect((read("PMCR_EL0") >> 11n) & 31n).toBe(4n);
    expect(read("PMCNTENSET_EL0")).toBe(0x8000_000fn);
    expect([3, 4, 5].map((n) => read(`PMEVCNTR${n}_EL0`))).toEqual([0x103n, 0n, 0n]);
    write("PMSELR_EL0", 4);
    expect(read("PMXEVCNTR_EL0")).toBe(0n);
  });

  it("keeps EL1's writes away from the others", () => {
    const { pe, read, write } = split();
    setPstate(pe, el1h);
    write("PMCNTENCLR_EL0", 0x3f);
    write("PMEVCNTR5_EL0", 7);
    write("PMSELR_EL0", 4);
    write("PMXEVCNTR_EL0", 7);
    // P resets the event counters that EL1 has.
    write("PMCR_EL0", 2);
    setPstate(pe, el2h);
    expect(read("PMCNTENSET_EL0")).toBe(0x8000_0030n);
    expect([0, 3, 4, 5].map((n) => read(`PMEVCNTR${n}_EL0`))).toEqual([0n, 0n, 0x104n, 0x105n]);
  });
});
