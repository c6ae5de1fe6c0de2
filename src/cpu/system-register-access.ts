import {
  type SystemRegister,
  systemRegister,
  systemRegisterBit,
  systemRegisters,
  type TrapControl,
  type TrapControlName,
  trapControls,
} from "../isa/system-registers/index.js";
import type { ProcessingElement } from "./processing-element.js";

/** Effects of a write as bits (see SystemRegisterEffect). */
export const Effect = {
  context: 1,
  regime1: 2,
  regime2: 4,
  regime3: 8,
  stage2: 16,
  routing: 32,
  fp: 64,
  timer: 128,
  gic: 256,
  pmu: 512,
  debug: 1024,
} as const;

interface ControlBit {
  readonly word: number;
  readonly mask: number;
}

/** A trap control with its names resolved. */
export interface TrapRule {
  readonly from: number;
  /** 1 reads, 2 writes. */
  readonly access: number;
  readonly to: 1 | 2 | 3;
  readonly set: boolean;
  readonly notHost: boolean;
  readonly state: TrapControl["state"];
  readonly bit: ControlBit;
  readonly and: ControlBit | undefined;
  readonly or: readonly ControlBit[];
  readonly host: ControlBit | undefined;
  readonly hostAnd: ControlBit | undefined;
  readonly e2h: ControlBit | undefined;
  /** At EL1, the rule doesn't apply while any of these HCR_EL2 bits is set: the access is to a virtual register. */
  readonly unlessHcr: number;
}

function compile(name: TrapControlName): TrapRule {
  const rule: TrapControl = trapControls[name];
  const bit = (path: string | undefined) => (path === undefined ? undefined : systemRegisterBit(path));
  const [and, hostAnd] = rule.and?.split(" ") ?? [];
  let unlessHcr = 0;
  for (const path of rule.unless ?? []) unlessHcr |= systemRegisterBit(path).mask;
  return {
    from: rule.from,
    access: rule.access === "R" ? 1 : rule.access === "W" ? 2 : 3,
    to: rule.to,
    set: rule.when === 1,
    notHost: rule.notHost === true,
    state: rule.state,
    bit: systemRegisterBit(rule.control),
    and: bit(and),
    or: (rule.or ?? []).map(systemRegisterBit),
    host: bit(rule.host),
    hostAnd: bit(hostAnd),
    e2h: bit(rule.e2h),
    unlessHcr,
  };
}

const compiled = new Map<TrapControlName, TrapRule>();

/** The rules of some trap controls, lower target levels first. */
export function trapRules(names: readonly TrapControlName[]): readonly TrapRule[] {
  return names
    .map((name) => {
      let rule = compiled.get(name);
      if (rule === undefined) {
        rule = compile(name);
        compiled.set(name, rule);
      }
      return rule;
    })
    .sort((a, b) => a.to - b.to);
}

/**
 * The exception level that an access from the current level traps to, or 0. `access`: 1 for reads, 2 for writes, 3 for
 * instructions that are neither.
 */
export function trapTarget(pe: ProcessingElement, rules: readonly TrapRule[], access: number): number {
  const el = pe.el;
  for (let n = 0; n < rules.length; n++) {
    const rule = rules[n]!;
    if ((rule.from & (1 << el)) === 0 || (rule.access & access) === 0) continue;
    if (rule.to === 2 ? !pe.el2Enabled || (rule.notHost && pe.host) : rule.to === 3 && !pe.haveEl3) continue;
    if (rule.state !== undefined && (rule.state === "Secure") !== pe.secure) continue;
    if (rule.unlessHcr !== 0 && el === 1 && (pe.hcrLow & rule.unlessHcr) !== 0) continue;
    const host = el === 0 && pe.host && rule.host !== undefined;
    const bit = host ? rule.host! : rule.e2h !== undefined && pe.e2h ? rule.e2h : rule.bit;
    if (((pe.register(bit.word) & bit.mask) !== 0) !== rule.set && !rule.or.some((o) => pe.register(o.word) & o.mask))
      continue;
    const and = host && rule.hostAnd !== undefined ? rule.hostAnd : rule.and;
    if (and !== undefined && ((pe.register(and.word) & and.mask) !== 0) !== rule.set) continue;
    return rule.to === 1 ? lowestTarget(pe) : rule.to;
  }
  return 0;
}

/** The level that takes an exception from the current one when nothing routes it higher: EL1, or EL2 under TGE. */
export function lowestTarget(pe: ProcessingElement): number {
  const el = pe.el;
  if (el !== 0) return el;
  return pe.el2Enabled && (pe.hcrLow & 0x800_0000) !== 0 ? 2 : 1;
}

/** The register table for a set of features, as arrays by register index. */
export interface RegisterAccess {
  readonly available: Uint8Array;
  /** Bits that software can write. */
  readonly writableLow: Int32Array;
  readonly writableHigh: Int32Array;
  /** Reset value of the registers that the core doesn't give. */
  readonly reset: readonly bigint[];
  readonly effects: Int32Array;
  /** What HCR_EL2.E2H makes of the register at EL2; -1 for itself. */
  readonly e2h: Int16Array;
  readonly alias: Int16Array;
  readonly rules: readonly (readonly TrapRule[])[];
  /** 1 where a write that changes what the register's traps depend on has effects, and so makes the PE forget its levels. */
  readonly steady: Uint8Array;
}

/** Whether a feature expression holds: names, each with `!` before it for its absence, all of which must hold. */
export function featureHolds(expression: string | undefined, features: ReadonlySet<string>): boolean {
  if (expression === undefined) return true;
  for (const part of expression.match(/!?[\w-]+/g) ?? [])
    if (part.startsWith("!") ? features.has(part.slice(1)) : !features.has(part)) return false;
  return true;
}

function controlsOf({ bit, and, or, host, hostAnd, e2h }: TrapRule): readonly ControlBit[] {
  return [bit, and, ...or, host, hostAnd, e2h].filter((control) => control !== undefined);
}

/** Compiles the register table for a PE with these features. */
export function buildRegisterAccess(features: ReadonlySet<string>): RegisterAccess {
  const count = systemRegisters.length;
  const access = {
    available: new Uint8Array(count),
    writableLow: new Int32Array(count),
    writableHigh: new Int32Array(count),
    reset: new Array<bigint>(count),
    effects: new Int32Array(count),
    e2h: new Int16Array(count).fill(-1),
    alias: new Int16Array(count).fill(-1),
    rules: new Array<readonly TrapRule[]>(count),
    steady: new Uint8Array(count),
  };
  for (const entry of systemRegisters) {
    const { index } = entry;
    access.available[index] = featureHolds(entry.feature, features) ? 1 : 0;
    let present = 0n;
    let writable = 0n;
    for (const field of entry.fields) {
      if (!featureHolds(field.feature, features)) continue;
      const mask = ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
      present |= mask;
      if (!field.readOnly) writable |= mask;
    }
    access.writableLow[index] = Number(writable & 0xffff_ffffn);
    access.writableHigh[index] = Number(writable >> 32n);
    const reset = entry.reset === "core" ? 0n : entry.reset;
    access.reset[index] = (reset & present) | (entry.res1 & ~present);
    for (const effect of entry.effects) access.effects[index]! |= Effect[effect];
    if (entry.e2h !== undefined) access.e2h[index] = systemRegister(entry.e2h).index;
    if (entry.alias !== undefined) access.alias[index] = systemRegister(entry.alias).index;
    access.rules[index] = trapRules(entry.traps);
  }
  const bySlot = new Map(systemRegisters.map(({ slot, index }) => [slot, index]));
  const hasEffects = ({ word }: ControlBit): boolean => access.effects[bySlot.get(word >> 1)!] !== 0;
  for (const [index, rules] of access.rules.entries())
    access.steady[index] = rules.every((rule) => controlsOf(rule).every(hasEffects)) ? 1 : 0;
  return access;
}

/**
 * The register that an encoding means for the current level, or undefined where the access is UNDEFINED. Traps aren't
 * looked at.
 */
export function resolveRegister(
  pe: ProcessingElement,
  entry: SystemRegister,
  write: boolean,
): SystemRegister | undefined {
  const access = pe.registerAccess;
  if (access.available[entry.index] === 0) return undefined;
  const el = pe.el;
  const level = write ? entry.write : entry.read;
  if (el < level || level === 4) return undefined;
  const alias = access.alias[entry.index]!;
  if (alias >= 0) {
    const e2h = (pe.register(hcrHighWord) & 4) !== 0 && pe.haveVhe;
    return e2h && (el === 2 || (el === 3 && pe.haveEl2)) ? systemRegisters[alias] : undefined;
  }
  if (el === 2 && pe.e2h) {
    const other = access.e2h[entry.index]!;
    if (other >= 0) return systemRegisters[other];
  }
  return entry;
}

const hcrHighWord = systemRegister("HCR_EL2").slot * 2 + 1;
