import { slotSpEl3, systemRegister } from "../isa/system-registers/index.js";
import type { ProcessingElement } from "./processing-element.js";
import { Word } from "./register-words.js";
import { PeState } from "./state-layout.js";
import { registerHooks } from "./system-register-hooks.js";
import { storeRegister } from "./system-register-move.js";

/** Hooks whose reads depend on the level, or change something: debuggers see the slot. */
const slotReads: ReadonlySet<string> = new Set(["midr", "mpidr", "disr", "claimSet", "dczid", "spEl0"]);

function unsigned(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

/** The word of the SP_ELx slot of a name, or -1; the one that is current lives in SP. */
function stackPointer(pe: ProcessingElement, name: string): { word: number; current: boolean } | undefined {
  const match = /^SP_EL([0-3])$/.exec(name);
  if (match === null) return undefined;
  const level = Number(match[1]) as 0 | 1 | 2 | 3;
  const selected = pe.state(PeState.spSel) === 0 ? 0 : pe.el;
  return { word: level === 3 ? slotSpEl3 * 2 : Word.SP[level], current: selected === level };
}

/** Runs `action` with PeState.argument as it was before, afterwards. */
function keepingArgument<T>(pe: ProcessingElement, action: () => T): T {
  const low = pe.argumentLow;
  const high = pe.argumentHigh;
  const result = action();
  pe.setArgument(low, high);
  return result;
}

/** See ProcessingElement.readSystemRegister. */
export function debuggerRead(pe: ProcessingElement, name: string): bigint {
  const sp = stackPointer(pe, name);
  if (sp !== undefined) return sp.current ? pe.x(31) : unsigned(pe.register(sp.word), pe.register(sp.word + 1));
  let entry = systemRegister(name);
  if (entry.alias !== undefined) entry = systemRegister(entry.alias);
  if (entry.hook === undefined || slotReads.has(entry.hook))
    return unsigned(pe.register(entry.slot * 2), pe.register(entry.slot * 2 + 1));
  // Acknowledging an interrupt is software's; what would be acknowledged is the highest pending one.
  if (entry.name.startsWith("ICC_IAR")) entry = systemRegister(entry.name.replace("IAR", "HPPIR"));
  const trapped = pe.state(PeState.fpTrap);
  return keepingArgument(pe, () => {
    pe.setState(PeState.fpTrap, 0);
    const read = registerHooks[entry.hook!]!.read;
    if (read === undefined) pe.setArgument(pe.register(entry.slot * 2), pe.register(entry.slot * 2 + 1));
    else read(pe, entry);
    pe.setState(PeState.fpTrap, trapped);
    return unsigned(pe.argumentLow, pe.argumentHigh);
  });
}

/** See ProcessingElement.writeSystemRegister. */
export function debuggerWrite(pe: ProcessingElement, name: string, value: bigint): void {
  const low = Number(value & 0xffff_ffffn) | 0;
  const high = Number((value >> 32n) & 0xffff_ffffn) | 0;
  const sp = stackPointer(pe, name);
  if (sp !== undefined) {
    if (sp.current) pe.setX(31, BigInt.asUintN(64, value));
    else pe.setRegister(sp.word, low, high);
    return;
  }
  let entry = systemRegister(name);
  if (entry.alias !== undefined) entry = systemRegister(entry.alias);
  const trapped = pe.state(PeState.fpTrap);
  keepingArgument(pe, () => {
    pe.setArgument(low, high);
    const fp = entry.hook === "fpcr" || entry.hook === "fpsr";
    if (fp) pe.setState(PeState.fpTrap, 0);
    storeRegister(pe, entry);
    if (fp) pe.setState(PeState.fpTrap, trapped);
  });
}
