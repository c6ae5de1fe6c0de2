import { AccessFlag } from "../ir/statement.js";
import {
  genericName,
  type SystemOperation,
  splitEncoding,
  systemOperationByEncoding,
} from "../isa/system-registers/index.js";
import { DataAbort, dataAbort, splitAddress } from "./aborts.js";
import { access, commit } from "./access.js";
import { EnvironmentResult } from "./environment-operations.js";
import { takeUndefined } from "./exceptions.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr, Word } from "./register-words.js";
import { PeState } from "./state-layout.js";
import { featureHolds, type TrapRule, trapRules, trapTarget } from "./system-register-access.js";
import { takeSystemTrap } from "./system-register-move.js";
import { ContextKey } from "./tlb-contexts.js";
import { FaultStatus } from "./translation/fault-status.js";
import { AccessKind, Regime } from "./translation/walker.js";

const { next, leave, redirected } = EnvironmentResult;
const zvaBlock = 64;

const rulesOf = new Map<number, readonly TrapRule[]>();

/** SYS: the table's operation on the value in PeState.argument. Returns an EnvironmentResult. */
export function systemInstruction(pe: ProcessingElement, encoding: number): number {
  const operation = systemOperationByEncoding(encoding);
  const { crn } = splitEncoding(encoding);
  if (operation === undefined) {
    if ((crn === 11 || crn === 15) && pe.el === 1 && pe.el2Enabled && (pe.hcrLow & Hcr.TIDCP) !== 0) {
      takeSystemTrap(pe, 2, encoding, 0);
      return redirected;
    }
    if (pe.log.enabled("unimp")) pe.log.write("unimp", `SYS ${genericName(encoding)} at EL${pe.el}: no such operation`);
    takeUndefined(pe);
    return redirected;
  }
  if (
    pe.el < operation.level ||
    (operation.feature !== undefined && !featureHolds(operation.feature, pe.core.features))
  ) {
    takeUndefined(pe);
    return redirected;
  }
  if (operation.traps.length > 0) {
    let rules = rulesOf.get(encoding);
    if (rules === undefined) rulesOf.set(encoding, (rules = trapRules(operation.traps)));
    const target = trapTarget(pe, rules, 2);
    if (target !== 0) {
      takeSystemTrap(pe, target, encoding, 0);
      return redirected;
    }
  }
  switch (operation.kind) {
    case "tlb":
      return invalidateTlb(pe, operation);
    case "translate":
      return translateAddress(pe, operation);
    case "cacheClean":
      return checkAddress(pe, pe.el === 0 ? AccessKind.read : -1) ? next : redirected;
    case "cacheInvalidate":
      return checkAddress(pe, AccessKind.write) ? next : redirected;
    case "instructionCacheAddress":
      // Nothing to invalidate: stores and DMA into code are seen when they happen (see CodePages).
      return checkAddress(pe, pe.el === 0 ? AccessKind.read : -1) ? next : redirected;
    case "instructionCacheAll":
      return next;
    case "zero":
      return zeroBlock(pe);
    default:
      return next;
  }
}

/** SYSL: no core here has any. */
export function systemInstructionRead(pe: ProcessingElement, encoding: number): number {
  if (pe.log.enabled("unimp")) pe.log.write("unimp", `SYSL ${genericName(encoding)} at EL${pe.el}: no such operation`);
  takeUndefined(pe);
  return redirected;
}

/**
 * The translation that cache maintenance by address makes. `kind`: the permission it needs; -1 when a mapping will do (reads are
 * checked all the same, but a permission fault is no reason to stop). Faults are reported with CM and WnR set.
 */
function checkAddress(pe: ProcessingElement, kind: number): boolean {
  const { walker } = pe;
  const low = pe.argumentLow;
  const high = pe.argumentHigh;
  const pan = false;
  const wanted = kind < 0 ? AccessKind.read : kind;
  if (walker.translate(low, high, wanted, pe.regime, pe.el !== 0, pan, pe.secure)) return true;
  if (kind < 0 && (walker.faultStatus & 0b111100) === FaultStatus.permission) return true;
  dataAbort(pe, low, high, walker.faultStatus, DataAbort.cacheMaintenance | DataAbort.write, true);
  return false;
}

/** DC ZVA for those cases that generated code leaves to the PE. */
function zeroBlock(pe: ProcessingElement): number {
  pe.setArgument(pe.argumentLow & -zvaBlock, pe.argumentHigh);
  const host = access(pe, zvaBlock | AccessFlag.write | AccessFlag.cacheMaintenance);
  if (host === 0) return redirected;
  pe.memory.u8.fill(0, host, host + zvaBlock);
  if (host === pe.base + PeState.scratch && !commit(pe)) return redirected;
  return leave;
}

/** Which contexts an operation at a level is about: a mask and value of their keys, and the VMID (-1 for all). */
interface TlbTarget {
  mask: number;
  value: number;
  vmid: number;
}

function tlbTarget(pe: ProcessingElement, level: 1 | 2 | 3): TlbTarget {
  // EL3 names the lower levels' regimes of the security state that SCR_EL3.NS selects (D5.10.2).
  const nonSecure = !pe.haveEl3 || (pe.register(Word.SCR_EL3) & 1) !== 0;
  const mask = ContextKey.regimeMask | ContextKey.secure;
  if (level === 3) return { mask, value: Regime.el3 | ContextKey.secure, vmid: -1 };
  const secure = nonSecure ? 0 : ContextKey.secure;
  const e2h = nonSecure && pe.haveEl2 && (pe.register(Word.HCR_EL2 + 1) & Hcr.highE2H) !== 0;
  const host = e2h && (pe.register(Word.HCR_EL2) & Hcr.TGE) !== 0;
  if (level === 2) return { mask, value: (e2h ? Regime.el20 : Regime.el2) | secure, vmid: -1 };
  if (host && pe.el === 2) return { mask, value: Regime.el20 | secure, vmid: -1 };
  return { mask, value: Regime.el10 | secure, vmid: nonSecure && pe.haveEl2 ? vmidOf(pe) : 0 };
}

/** VTTBR_EL2.VMID, whatever the current level. */
function vmidOf(pe: ProcessingElement): number {
  const vmid = pe.register(Word.VTTBR_EL2 + 1) >>> 16;
  return (pe.register(Word.VTCR_EL2) & 0x8_0000) !== 0 ? vmid : vmid & 0xff;
}

const two20 = 0x10_0000;

function invalidateTlb(pe: ProcessingElement, operation: SystemOperation): number {
  const tlb = operation.tlb!;
  const { scope, level, range } = tlb;
  const low = pe.argumentLow;
  const high = pe.argumentHigh;
  const target = tlbTarget(pe, level);
  let { vmid } = target;
  const { mask, value } = target;
  const twoRanges = (value & ContextKey.regimeMask) === Regime.el10 || (value & ContextKey.regimeMask) === Regime.el20;
  // HCR_EL2.FB broadcasts EL1's operations.
  const broadcast = tlb.broadcast || (pe.el === 1 && (pe.hcrLow & Hcr.FB) !== 0);
  let asid = -1;
  let firstPage = 0;
  let pages = 0;
  if (scope === "va" || scope === "vaAllAsid") {
    if (range) {
      // BaseADDR in granules, NUM and SCALE: (NUM + 1) * 2^(5 * SCALE + 1) granules.
      const granule = [0, 0, 2, 4][(high >>> 14) & 3]!;
      if ((high >>> 14) & 3) {
        const base = (high & 0x1f) * 2 ** 32 + (low >>> 0);
        firstPage = base * 2 ** granule;
        // BaseADDR is sign-extended from its top bit in regimes with two ranges.
        if (twoRanges && (high & 0x10) !== 0) firstPage += 2 ** 44 - 2 ** (37 + granule);
        pages = (((high >>> 7) & 31) + 1) * 2 ** (5 * ((high >>> 12) & 3) + 1 + granule);
      }
    } else {
      // VA[55:12] in bits 43:0.
      firstPage = (high & 0xfff) * 2 ** 32 + (low >>> 0);
      pages = 1;
    }
    if (scope === "va" && twoRanges) {
      asid = high >>> 16;
      const tcr = (value & ContextKey.regimeMask) === Regime.el10 ? Word.TCR_EL1 : Word.TCR_EL2;
      if ((pe.register(tcr + 1) & 0x10) === 0) asid &= 0xff;
    }
  } else if (scope === "asid") {
    asid = high >>> 16;
    const tcr = (value & ContextKey.regimeMask) === Regime.el10 ? Word.TCR_EL1 : Word.TCR_EL2;
    if ((pe.register(tcr + 1) & 0x10) === 0) asid &= 0xff;
  } else if (scope === "all") vmid = -1;

  if (pages >= two20) {
    asid = -1;
    pages = 0;
  }
  if (broadcast) for (const peer of pe.peers) apply(peer, scope, mask, value, vmid, asid, firstPage, pages);
  else apply(pe, scope, mask, value, vmid, asid, firstPage, pages);
  // Translations that are gone can't be used by what runs on: TLBs and jump caches are emptied in place.
  return next;
}

function apply(
  pe: ProcessingElement,
  scope: string,
  mask: number,
  value: number,
  vmid: number,
  asid: number,
  firstPage: number,
  pages: number,
): void {
  const { tlbs } = pe;
  if (scope !== "asid" && pages === 0) pe.walker.forgetTables();
  if (scope === "asid") tlbs.invalidateAsid(mask, value, vmid, asid);
  else if (pages > 0) tlbs.invalidatePages(mask, value, vmid, asid, firstPage, pages);
  // What was made from an IPA isn't known by it: the VMID's entries go, as combined caching allows.
  else if (scope === "ipa") tlbs.invalidateMatching(mask | ContextKey.stage2, value | ContextKey.stage2, vmid);
  else tlbs.invalidateMatching(mask, value, vmid);
}

/** AT: PAR_EL1 gets the result (AArch64.AT, D17.2.119). */
function translateAddress(pe: ProcessingElement, operation: SystemOperation): number {
  const { level, stage2, write, pan } = operation.translate!;
  const { walker } = pe;
  const low = pe.argumentLow;
  const high = pe.argumentHigh;
  const e2h = pe.haveEl2 && (pe.register(Word.HCR_EL2 + 1) & Hcr.highE2H) !== 0;
  let regime: number;
  if (level === 3) regime = Regime.el3;
  else if (level === 2) regime = e2h ? Regime.el20 : Regime.el2;
  else regime = pe.host && pe.el === 2 && !stage2 ? Regime.el20 : Regime.el10;
  const secure = level === 3 || (pe.haveEl3 && (pe.register(Word.SCR_EL3) & 1) === 0);
  const usesPan = pan && pe.state(PeState.pan) !== 0;
  const kind = write ? AccessKind.write : AccessKind.read;
  // EL1's S1 operations under stage 2 still translate table addresses by it, but not the result.
  const ok = walker.translateOnly(low, high, kind, regime, level !== 0, usesPan, secure, stage2);
  if (ok) {
    const { low: paLow, high: paHigh } = splitAddress(walker.physical);
    pe.setRegister(
      Word.PAR_EL1,
      (paLow & ~0xfff) | 0x800 | (walker.nonSecure ? 0x200 : 0) | (walker.shareability << 7),
      (walker.attributes << 24) | (paHigh & 0xffff),
    );
    return next;
  }
  // External aborts on the walk, and stage 2's faults on an EL1 operation's walk, are taken (D5.9.7).
  const external = (walker.faultStatus & 0b111100) === FaultStatus.externalOnWalk;
  if (external || (pe.el === 1 && walker.stage2Fault)) {
    dataAbort(pe, low, high, walker.faultStatus, DataAbort.cacheMaintenance | DataAbort.write, true);
    return redirected;
  }
  // F, FST, PTW (stage 2 fault on a walk), S (stage 2).
  const value =
    0x801 |
    (walker.faultStatus << 1) |
    (walker.stage2Fault && walker.onWalk ? 0x100 : 0) |
    (walker.stage2Fault ? 0x200 : 0);
  pe.setRegister(Word.PAR_EL1, value, 0);
  return next;
}
