import { readPstate, setPstate } from "../../src/cpu/pstate.js";
import { systemInstruction } from "../../src/cpu/system-instructions.js";
import { readRegister, writeRegister } from "../../src/cpu/system-register-move.js";
import type { DescriptorRecord } from "../../src/cpu/translation/fault-status.js";
import { Fixture, ramBase } from "./fixture.js";
import type { ScriptResult, ScriptStep } from "./qemu-script.js";

const redirected = 1;

/** A result, and for AT the last descriptor that was read. */
export interface PeScriptResult extends ScriptResult {
  readonly descriptor?: DescriptorRecord;
}

/** Runs a script on our processing element; exceptions are noted, and the state goes on as if ERET had undone them. */
export function runOnPe(
  core: string,
  el: 1 | 2 | 3,
  steps: readonly ScriptStep[],
  fixture?: Fixture,
): PeScriptResult[] {
  const used = fixture ?? new Fixture({ core, el2: el >= 2, el3: el === 3 });
  const { pe } = used;
  const results: PeScriptResult[] = [];
  for (const step of steps) {
    pe.setPc(ramBase, 0);
    if (step.kind === "poke") {
      used.poke(step.address, step.value);
      continue;
    }
    if (step.kind === "peek") {
      results.push({ faulted: false, value: used.peek(step.address) });
      continue;
    }
    if (step.kind !== "mrs")
      pe.setArgument(Number(step.value & 0xffff_ffffn) | 0, Number((step.value >> 32n) & 0xffff_ffffn) | 0);
    const pstate = readPstate(pe);
    let result: number;
    if (step.kind === "msr") result = writeRegister(pe, step.encoding);
    else if (step.kind === "mrs") result = readRegister(pe, step.encoding);
    else {
      pe.walker.trace = [];
      result = systemInstruction(pe, step.encoding);
    }
    const faulted = result === redirected;
    // As the handler of the other side does by ERET.
    if (faulted) setPstate(pe, pstate);
    if (step.kind === "at") {
      const descriptor = pe.walker.trace?.at(-1);
      const value = pe.readSystemRegister("PAR_EL1");
      results.push({ faulted, value, ...(descriptor === undefined ? {} : { descriptor }) });
    } else if (step.kind === "msr" || faulted) results.push({ faulted, value: 0n });
    else results.push({ faulted, value: (BigInt(pe.argumentHigh >>> 0) << 32n) | BigInt(pe.argumentLow >>> 0) });
  }
  return results;
}
