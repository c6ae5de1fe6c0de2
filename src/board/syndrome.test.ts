import { describe, expect, it } from "vitest";
import { describeException, hasFaultAddress, isStage2Abort } from "./syndrome.js";

/** Syndromes as QEMU and Linux report them for the instructions named. */
describe("ESR_ELx in words", () => {
  it.each([
    [0x56000000, "SVC #0"],
    [0x5a00004b, "HVC #75"],
    [0x5e000003, "SMC #3"],
    [0xf2000004 | 0, "BRK #4"],
    [0x96000005 | 0, "Data Abort (translation fault, level 1, read)"],
    [0x92000047 | 0, "Data Abort (translation fault, level 3, write)"],
    [0x9200004f | 0, "Data Abort (permission fault, level 3, write)"],
    [0x93c08047 | 0, "Data Abort (translation fault, level 3, write, 8 bytes from X0)"],
    [0x92000087 | 0, "Data Abort (translation fault, level 3, read, stage 2 on a stage 1 walk)"],
    [0x96000061 | 0, "Data Abort (alignment fault, write)"],
    [0x96000010 | 0, "Data Abort (external abort: nothing is there, read)"],
    [0x8200000f | 0, "Instruction Abort (permission fault, level 3)"],
    [0x62300001, "System register trap (MRS X0, MIDR_EL1)"],
    [0x62340860, "System register trap (MSR TCR_EL1, X3)"],
    [0x07e00000 - 0x02000000, "WFI or WFE trap (WFI)"],
    [0x07e00001 - 0x02000000, "WFI or WFE trap (WFE)"],
    [0x1fe00000, "FP or SIMD access trap"],
    [0x36000002, "Branch Target Exception (BTYPE 2)"],
    [0x02000000, "Undefined Instruction"],
  ])("%i: %s", (esr, words) => {
    expect(describeException(esr, 0x400)).toBe(words);
  });

  it("names interrupts by their vector", () => {
    expect([0x280, 0x500, 0x780].map((vector) => describeException(-1, vector))).toEqual(["IRQ", "FIQ", "SError"]);
  });

  it("knows when FAR and HPFAR count", () => {
    expect(hasFaultAddress(0x92000047 | 0)).toBe(true);
    expect(hasFaultAddress(0x92000447 | 0)).toBe(false);
    expect(hasFaultAddress(0x56000000)).toBe(false);
    expect(isStage2Abort(0x92000047 | 0, 2)).toBe(true);
    expect(isStage2Abort(0x92000047 | 0, 1)).toBe(false);
    expect(isStage2Abort(0x92000010 | 0, 2)).toBe(false);
  });
});
