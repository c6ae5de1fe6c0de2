import { type SystemRegister, systemRegister } from "../isa/system-registers/index.js";
import type { ProcessingElement } from "./processing-element.js";
import { DirectRegisters } from "./state-layout.js";
import { resolveRegister, type TrapRule, trapRules, trapTarget } from "./system-register-access.js";

/**
 * For each kind, a register that stands for all of them, and how it is accessed: 1 reads, 2 writes. `shows`: what the register's value
 * says the traps of, which change nothing in its slot.
 */
const kinds: readonly { kind: number; register: SystemRegister; access: 1 | 2; shows?: readonly TrapRule[] }[] = [
  { kind: DirectRegisters.el1, register: systemRegister("ELR_EL1"), access: 2 },
  { kind: DirectRegisters.el1Read, register: systemRegister("ESR_EL1"), access: 1 },
  { kind: DirectRegisters.el1Write, register: systemRegister("ESR_EL1"), access: 2 },
  { kind: DirectRegisters.el2, register: systemRegister("ELR_EL2"), access: 2 },
  { kind: DirectRegisters.el3, register: systemRegister("ELR_EL3"), access: 2 },
  { kind: DirectRegisters.cacheType, register: systemRegister("CTR_EL0"), access: 1 },
  {
    kind: DirectRegisters.zeroSize,
    register: systemRegister("DCZID_EL0"),
    access: 1,
    shows: trapRules(["DZE", "TDZ"]),
  },
];

/** PeState.directRegisters for the current level: those that are there, that nothing traps, and that are themselves. */
export function directRegisters(pe: ProcessingElement): number {
  let allowed = 0;
  for (const { kind, register, access, shows } of kinds) {
    if (resolveRegister(pe, register, access === 2) !== register) continue;
    if (trapTarget(pe, pe.registerAccess.rules[register.index]!, access) !== 0) continue;
    if (shows === undefined || trapTarget(pe, shows, 3) === 0) allowed |= kind;
  }
  return allowed;
}
