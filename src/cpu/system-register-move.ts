import {
  genericName,
  type SystemRegister,
  splitEncoding,
  systemRegisterByEncoding,
  systemRegisters,
} from "../isa/system-registers/index.js";
import { currentInstruction } from "./aborts.js";
import { EnvironmentResult } from "./environment-operations.js";
import { ExceptionClass, takeSynchronous, takeUndefined } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Sctlr, Word } from "./register-words.js";
import { Effect, lowestTarget, resolveRegister, trapTarget } from "./system-register-access.js";
import { hookUndefined, registerHooks } from "./system-register-hooks.js";
import { Regime } from "./translation/walker.js";

const { next, leave, redirected, check } = EnvironmentResult;

/** Effects after which translation contexts, routing and traps are worked out again. */
const updateEffects = Effect.context | Effect.routing | Effect.fp | Effect.regime1 | Effect.stage2;

/** What LevelState.knownAccesses holds: the access succeeds, or (with the level in bits 1:0) traps. */
const plain = 1;
const trapped = 4;

/** Hooks by register index, so that no name is looked up in passing. */
const readHooks: (((pe: ProcessingElement, entry: SystemRegister) => number) | undefined)[] = [];
const writeHooks: typeof readHooks = [];

function prepareHooks(): void {
  for (const entry of systemRegisters) {
    if (entry.hook === undefined) continue;
    const hook = registerHooks[entry.hook];
    if (hook === undefined) throw new Error(`${entry.name} names the behaviour ${entry.hook}, which doesn't exist`);
    readHooks[entry.index] = hook.read;
    writeHooks[entry.index] = hook.write;
  }
}

/** ISS of a trapped MSR, MRS or system instruction. `direction`: 1 for a read. Rt comes from the instruction itself. */
export function systemIss(pe: ProcessingElement, encoding: number, direction: number): number {
  // Op0, Op2, Op1, CRn, Rt and CRm, out of an encoding that has op0:op1:CRn:CRm:op2.
  const rt = currentInstruction(pe) & 31;
  const fields = ((encoding >> 14) << 20) | ((encoding & 7) << 17) | (((encoding >> 11) & 7) << 14);
  return fields | (((encoding >> 7) & 15) << 10) | (rt << 5) | (((encoding >> 3) & 15) << 1) | direction;
}

/** Takes the trap of a system instruction to `target`. */
export function takeSystemTrap(pe: ProcessingElement, target: number, encoding: number, direction: number): void {
  takeSynchronous(pe, target, ExceptionClass.systemRegister, systemIss(pe, encoding, direction));
}

/** IMPLEMENTATION DEFINED space: op0 = 3, CRn = 11 or 15. Whether HCR_EL2.TIDCP traps EL0 too is a choice; it doesn't here. */
function isImplementationDefined(encoding: number): boolean {
  const { crn } = splitEncoding(encoding);
  return encoding >>> 14 !== 2 && (crn === 11 || crn === 15);
}

/** An access to nothing, or to something that the current level lacks. */
function undefinedAccess(pe: ProcessingElement, encoding: number, write: boolean): number {
  const entry = systemRegisterByEncoding(encoding);
  const el = pe.el;
  if (isImplementationDefined(encoding) && el === 1 && pe.el2Enabled && (pe.hcrLow & Hcr.TIDCP) !== 0) {
    takeSystemTrap(pe, 2, encoding, write ? 0 : 1);
    return redirected;
  }
  // FEAT_IDST: reads in the ID space (op0 3, op1 0, 1 or 3, CRn 0, CRm 0 to 7) are reported as system register accesses.
  const { op0, op1, crn, crm } = splitEncoding(encoding);
  const identification = op0 === 3 && (op1 === 0 || op1 === 1 || op1 === 3) && crn === 0 && crm < 8;
  if (!write && pe.has("FEAT_IDST") && identification) {
    takeSystemTrap(pe, lowestTarget(pe), encoding, 1);
    return redirected;
  }
  if (entry === undefined && pe.log.enabled("unimp"))
    pe.log.write("unimp", `${write ? "write to" : "read of"} ${genericName(encoding)} at EL${el}: no such register`);
  takeUndefined(pe);
  return redirected;
}

/**
 * The register that an access of the current level reaches; undefined when it was UNDEFINED or trapped, and the exception has been taken.
 * That an access simply succeeds, or where it traps, is remembered for as long as what the level is made of stays.
 */
function reach(pe: ProcessingElement, encoding: number, write: boolean): SystemRegister | undefined {
  const entry = systemRegisterByEncoding(encoding);
  const found = entry === undefined ? undefined : resolveRegister(pe, entry, write);
  if (entry === undefined || found === undefined) {
    undefinedAccess(pe, encoding, write);
    return undefined;
  }
  const access = pe.registerAccess;
  const rules = access.rules[found.index]!;
  const target = rules.length === 0 ? 0 : trapTarget(pe, rules, write ? 2 : 1);
  if (found === entry && access.steady[entry.index] === 1)
    pe.knownAccesses[entry.index * 2 + (write ? 1 : 0)] = target === 0 ? plain : trapped | target;
  if (target === 0) return found;
  takeSystemTrap(pe, target, encoding, write ? 0 : 1);
  return undefined;
}

/** MRS: the value goes to PeState.argument. Returns an EnvironmentResult. */
export function readRegister(pe: ProcessingElement, encoding: number): number {
  const entry = systemRegisterByEncoding(encoding);
  const known = entry === undefined ? 0 : pe.knownAccesses[entry.index * 2]!;
  if (known >= trapped) {
    takeSystemTrap(pe, known & 3, encoding, 1);
    return redirected;
  }
  const found = known === plain ? entry : reach(pe, encoding, false);
  if (found === undefined) return redirected;
  if (readHooks.length === 0) prepareHooks();
  const hook = readHooks[found.index];
  if (hook !== undefined) {
    const result = hook(pe, found);
    return result === hookUndefined ? undefinedAccess(pe, encoding, false) : result;
  }
  const at = found.slot * 2;
  pe.setArgument(pe.register(at), pe.register(at + 1));
  return next;
}

/** MSR (register) of the value in PeState.argument. Returns an EnvironmentResult. */
export function writeRegister(pe: ProcessingElement, encoding: number): number {
  const entry = systemRegisterByEncoding(encoding);
  const known = entry === undefined ? 0 : pe.knownAccesses[entry.index * 2 + 1]!;
  if (known >= trapped) {
    takeSystemTrap(pe, known & 3, encoding, 0);
    return redirected;
  }
  const found = known === plain ? entry : reach(pe, encoding, true);
  if (found === undefined) return redirected;
  const result = storeRegister(pe, found);
  return result === hookUndefined ? undefinedAccess(pe, encoding, true) : result;
}

/** Writes a register that may be written from PeState.argument, with all that follows. Also returns {@link hookUndefined}. */
export function storeRegister(pe: ProcessingElement, entry: SystemRegister): number {
  if (readHooks.length === 0) prepareHooks();
  const { index } = entry;
  const access = pe.registerAccess;
  const effects = access.effects[index]!;
  const at = entry.slot * 2;
  const oldLow = pe.register(at);
  const oldHigh = pe.register(at + 1);
  const hook = writeHooks[index];
  let result: number = next;
  // MDCR_ELx say who counts: what has been counted until now is under the old values.
  const monitors = (effects & Effect.pmu) !== 0 && hook === undefined;
  if (monitors) pe.pmu.synchronize();
  if (hook !== undefined) {
    result = hook(pe, entry);
    if (result === hookUndefined || result === redirected) return result;
  } else {
    const maskLow = access.writableLow[index]!;
    const maskHigh = access.writableHigh[index]!;
    pe.setRegister(
      at,
      (oldLow & ~maskLow) | (pe.argumentLow & maskLow),
      (oldHigh & ~maskHigh) | (pe.argumentHigh & maskHigh),
    );
  }
  if (effects === 0) return result;
  if (monitors) pe.pmu.configure();
  const changedLow = oldLow ^ pe.register(at);
  const changedHigh = oldHigh ^ pe.register(at + 1);
  if ((changedLow | changedHigh) === 0 && (effects & Effect.timer) === 0) return result;
  const after = applyEffects(pe, entry, effects, changedLow, changedHigh);
  if (after === check) return result === next ? check : result;
  return Math.max(result, after);
}

function applyEffects(
  pe: ProcessingElement,
  entry: SystemRegister,
  effects: number,
  changedLow: number,
  changedHigh: number,
): number {
  const changed = (changedLow | changedHigh) !== 0;
  if (changed) {
    const regimes = effects & (Effect.regime1 | Effect.regime2 | Effect.regime3);
    // Of SCTLR_ELx only WXN changes what cached translations allow; M is in contexts' keys.
    const isSctlr = entry.name.startsWith("SCTLR");
    if (regimes !== 0 && (!isSctlr || (changedLow & Sctlr.WXN) !== 0)) {
      if (regimes & Effect.regime2) {
        pe.dropRegime(Regime.el2);
        pe.dropRegime(Regime.el20);
      }
      if (regimes & Effect.regime3) pe.dropRegime(Regime.el3);
    }
    // Translations of EL1&0 belong to the values of the registers that they were made under.
    const word = entry.slot * 2;
    if (word === Word.TTBR0_EL1 || word === Word.TTBR1_EL1) pe.addressSpaceChanged();
    else if ((effects & updateEffects) === 0) pe.forgetLevels();
    else {
      pe.update();
      if (effects & Effect.routing) pe.updateInterrupts();
    }
    if (effects & Effect.timer && entry.slot * 2 === Word.CNTVOFF_EL2)
      pe.timers?.write(
        "CNTVOFF_EL2",
        (BigInt(pe.register(Word.CNTVOFF_EL2 + 1) >>> 0) << 32n) | BigInt(pe.register(Word.CNTVOFF_EL2) >>> 0),
      );
    if (effects & Effect.debug) pe.debugRegistersChanged();
    if (effects & (updateEffects | Effect.regime1 | Effect.regime2 | Effect.regime3 | Effect.stage2 | Effect.debug))
      return leave;
  }
  return effects & Effect.timer ? check : next;
}
