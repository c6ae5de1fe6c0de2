import type { CodePages } from "../code-pages.js";
import type { LinearMemory } from "../linear-memory.js";
import type { PhysicalMemory } from "../physical-memory.js";
import { Hcr, Scr, Sctlr, Word } from "../register-words.js";
import { type DescriptorRecord, FaultStatus } from "./fault-status.js";

/** Translation regimes (DDI 0487 D5.1.2), as contexts' keys number them. */
export const Regime = { el10: 0, el2: 1, el20: 2, el3: 3 } as const;

export const AccessKind = { read: 0, write: 1, execute: 2 } as const;

/** What the walker needs to know of its PE. */
export interface WalkerState {
  readonly memory: LinearMemory;
  readonly physical: PhysicalMemory;
  readonly codePages: CodePages;
  /** Index in the i32 view of the first system register slot. */
  readonly system: number;
  readonly haveEl2: boolean;
  /** HCR_EL2 as it acts now: zero when EL2 is absent or disabled in the current security state; VM is set with DC. */
  readonly hcrLow: number;
  readonly hcrHigh: number;
  /** Output address bits, from ID_AA64MMFR0_EL1.PARange. */
  readonly physicalAddressBits: number;
  readonly haveGranule: readonly [kb4: boolean, kb64: boolean, kb16: boolean];
  readonly haveXnx: boolean;
  readonly haveBti: boolean;
  readonly haveTtst: boolean;
  has(feature: string): boolean;
}

const paSizes = [32, 36, 40, 42, 44, 48, 48, 48] as const;
/** Page shifts by TG0's encoding: 4 KB, 64 KB, 16 KB. */
const granuleShifts = [12, 16, 14, 12] as const;
/** TG1's encoding in terms of TG0's: reserved, 16 KB, 4 KB, 64 KB. */
const tg1ToTg0 = [0, 2, 0, 1] as const;

const two32 = 2 ** 32;
/** A power of two: room for the tables of walks in different parts of a few address spaces. */
const tableCacheEntries = 64;
/** 2 to the power of the index: a table, since powers are slow. */
const powersOfTwo = Float64Array.from({ length: 65 }, (_, n) => 2 ** n);

/** Bits `start + count - 1` to `start` of a 64-bit number; count below 32. */
function extract(low: number, high: number, start: number, count: number): number {
  const mask = (1 << count) - 1;
  if (start >= 32) return (high >>> (start - 32)) & mask;
  if (start === 0) return low & mask;
  return ((low >>> start) | (high << (32 - start))) & mask;
}

/**
 * Translates addresses by the guest's tables. A walk leaves its result in the fields, so that it allocates nothing.
 * Physical addresses are exact numbers. Pseudocode: AArch64.TranslateAddress, S1Walk, S2Walk (DDI 0487 J1.1.5).
 */
export class Walker {
  readonly #pe: WalkerState;
  /** Set by debuggers: every descriptor that a walk reads is noted here. */
  trace: DescriptorRecord[] | undefined;

  /** Set by debuggers: access flags and dirty states aren't updated in the tables. */
  inspecting = false;
  /** Set for a translation that the guest hasn't asked for: it fails where a table would have to be updated. */
  speculating = false;

  /** Physical address (bits below the page too) of the last translation that succeeded. */
  physical = 0;
  /** Whether it is in the Non-secure physical address space. */
  nonSecure = true;
  /** Allowed to the privilege that was asked for. */
  readable = false;
  writable = false;
  executable = false;
  device = false;
  /** Attributes as PAR_EL1.ATTR and SH give them. */
  attributes = 0;
  shareability = 0;
  global = false;
  /** The page is guarded (FEAT_BTI). */
  guarded = false;
  /** log2 of the size of the stage 1 block or page. */
  shift = 12;

  /** Fault status code (ISS.DFSC, IFSC) of a translation that failed. */
  faultStatus = 0;
  /** Whether stage 2 faulted; then `ipa` is the address that it could not translate. */
  stage2Fault = false;
  /** Whether that was on an access to a stage 1 descriptor. */
  onWalk = false;
  ipa = 0;

  /** Descriptors that the last walk read, of stage 1 and stage 2. */
  stage1Reads = 0;
  stage2Reads = 0;

  #level = 0;
  #low = 0;
  #high = 0;
  #descriptorHost = -1;
  #s2Physical = 0;
  #s2Permissions = 0;
  #s2Attributes = 0;
  /** MemAttr[2:0] while HCR_EL2.FWB says what it means; -1 otherwise. */
  #s2Forced = -1;
  #s2Shareability = 0;
  #s2Shift = 12;

  /** Pages of stage 1 tables that stage 2 lately let be read: IPA page number, and physical address. */
  readonly #tablePages = new Float64Array(tableCacheEntries).fill(-1);
  readonly #tablePhysical = new Float64Array(tableCacheEntries);

  constructor(pe: WalkerState) {
    this.#pe = pe;
  }

  /** Forgets where stage 1 tables are: stage 2 may have changed, or a TLBI wants to know it. */
  forgetTables(): void {
    this.#tablePages.fill(-1);
  }

  /**
   * Translates `high:low` for an access of `kind` in a regime. `privileged`: not EL0's. `pan`: PSTATE.PAN acts on it.
   * `secure`: the security state of the regime.
   */
  translate(
    low: number,
    high: number,
    kind: number,
    regime: number,
    privileged: boolean,
    pan: boolean,
    secure: boolean,
  ): boolean {
    return this.translateOnly(low, high, kind, regime, privileged, pan, secure, true);
  }

  /** As {@link translate}; with `stage2` false the result is stage 1's (AT S1*), whose tables stage 2 still translates. */
  translateOnly(
    low: number,
    high: number,
    kind: number,
    regime: number,
    privileged: boolean,
    pan: boolean,
    secure: boolean,
    stage2: boolean,
  ): boolean {
    const pe = this.#pe;
    const { i32 } = pe.memory;
    const { system } = pe;
    this.faultStatus = 0;
    this.stage2Fault = false;
    this.onWalk = false;
    this.stage1Reads = 0;
    this.stage2Reads = 0;
    this.nonSecure = !secure;
    const hcr = regime === Regime.el10 ? pe.hcrLow : 0;
    const sctlr =
      i32[
        system + (regime === Regime.el10 ? Word.SCTLR_EL1 : regime === Regime.el3 ? Word.SCTLR_EL3 : Word.SCTLR_EL2)
      ]!;
    // TGE and DC make SCTLR_EL1.M act as zero (DDI 0487 D17.2.48).
    const on = (sctlr & Sctlr.M) !== 0 && (hcr & (Hcr.TGE | Hcr.DC)) === 0;
    const ok = on
      ? this.#stage1(low, high, kind, regime, privileged, pan, secure, sctlr)
      : this.#flat(low, high, kind, regime, hcr);
    if (!ok) return false;
    if (stage2 && (hcr & Hcr.VM) !== 0 && !this.#combineStage2(kind, privileged)) return false;
    if (secure && this.nonSecure && (i32[system + Word.SCR_EL3]! & Scr.SIF) !== 0) {
      this.executable = false;
      if (kind === AccessKind.execute) return this.#fail(FaultStatus.permission + this.#level);
    }
    return true;
  }

  #fail(status: number): false {
    this.faultStatus = status;
    return false;
  }

  /** Stage 1 off (AArch64.S1DisabledOutput). */
  #flat(low: number, high: number, kind: number, regime: number, hcr: number): boolean {
    const pe = this.#pe;
    const execute = kind === AccessKind.execute;
    const ignoreTop = this.topByteIgnored(regime, (high >>> 23) & 1, execute);
    const top = ignoreTop ? high & 0x00ff_ffff : high >>> 0;
    if (top >>> (pe.physicalAddressBits - 32) !== 0) return this.#fail(FaultStatus.addressSize);
    this.physical = top * two32 + (low >>> 0);
    this.readable = true;
    this.writable = true;
    this.executable = true;
    const cacheable = (hcr & Hcr.DC) !== 0;
    this.device = !cacheable && !execute;
    this.attributes = cacheable ? 0xff : 0;
    this.shareability = cacheable ? 0 : 2;
    this.global = true;
    this.guarded = false;
    this.shift = 12;
    return true;
  }

  /** Whether bits 63:56 of an address are ignored (EffectiveTBI). `upper`: bit 55 of the address. */
  topByteIgnored(regime: number, upper: number, execute: boolean): boolean {
    const { memory, system } = this.#pe;
    const word = system + (regime === Regime.el10 ? Word.TCR_EL1 : regime === Regime.el3 ? Word.TCR_EL3 : Word.TCR_EL2);
    if (regime === Regime.el10 || regime === Regime.el20) {
      const tcr = memory.i32[word + 1]!;
      return (tcr & (upper ? 0x40 : 0x20)) !== 0 && !(execute && (tcr & (upper ? 0x10_0000 : 0x8_0000)) !== 0);
    }
    const tcr = memory.i32[word]!;
    return (tcr & 0x10_0000) !== 0 && !(execute && (tcr & 0x2000_0000) !== 0);
  }

  #stage1(
    low: number,
    high: number,
    kind: number,
    regime: number,
    privileged: boolean,
    pan: boolean,
    secure: boolean,
    sctlr: number,
  ): boolean {
    const pe = this.#pe;
    const { i32 } = pe.memory;
    const { system } = pe;
    const twoRanges = regime === Regime.el10 || regime === Regime.el20;
    const tcrWord =
      system + (regime === Regime.el10 ? Word.TCR_EL1 : regime === Regime.el3 ? Word.TCR_EL3 : Word.TCR_EL2);
    const tcrLow = i32[tcrWord]!;
    const tcrHigh = i32[tcrWord + 1]!;
    const upper = twoRanges ? (high >>> 23) & 1 : 0;
    const ignoreTop = this.topByteIgnored(regime, upper, kind === AccessKind.execute);

    let tsz: number;
    let granule: number;
    let disabled = false;
    let hierarchical: boolean;
    let ps: number;
    let hardwareAccess: boolean;
    let hardwareDirty: boolean;
    let ttbr: number;
    if (twoRanges) {
      tsz = upper ? (tcrLow >>> 16) & 63 : tcrLow & 63;
      granule = upper ? tg1ToTg0[(tcrLow >>> 30) & 3]! : (tcrLow >>> 14) & 3;
      disabled = (tcrLow & (upper ? 0x80_0000 : 0x80)) !== 0;
      // E0PD: EL0 may not use this half (FEAT_E0PD); the fields are RES0 without it.
      if (!privileged && (tcrHigh & (upper ? 0x0100_0000 : 0x0080_0000)) !== 0) disabled = true;
      hierarchical = (tcrHigh & (upper ? 0x400 : 0x200)) === 0;
      ps = tcrHigh & 7;
      hardwareAccess = (tcrHigh & 0x80) !== 0;
      hardwareDirty = hardwareAccess && (tcrHigh & 0x100) !== 0;
      ttbr =
        regime === Regime.el10 ? (upper ? Word.TTBR1_EL1 : Word.TTBR0_EL1) : upper ? Word.TTBR1_EL2 : Word.TTBR0_EL2;
    } else {
      tsz = tcrLow & 63;
      granule = (tcrLow >>> 14) & 3;
      hierarchical = (tcrLow & 0x0100_0000) === 0;
      ps = (tcrLow >>> 16) & 7;
      hardwareAccess = (tcrLow & 0x20_0000) !== 0;
      hardwareDirty = hardwareAccess && (tcrLow & 0x40_0000) !== 0;
      ttbr = regime === Regime.el3 ? Word.TTBR0_EL3 : Word.TTBR0_EL2;
    }
    if (granule === 3 || !pe.haveGranule[granule as 0 | 1 | 2]) granule = pe.haveGranule[0] ? 0 : 1;
    const page = granuleShifts[granule]!;
    const maximum = pe.haveTtst ? (page === 16 ? 47 : 48) : 39;
    // Sizes out of bounds, addresses out of the range and disabled walks: translation fault at level 0 (D5.2.1, D5.3).
    if (disabled || tsz < 16 || tsz > maximum) return this.#fail(FaultStatus.translation);
    const inputSize = 64 - tsz;
    // Bits from the input size up to bit 55, or 63 unless the top byte is ignored, must all be as bit 55, or zero.
    const expected = upper ? -1 : 0;
    const topBits = ignoreTop ? (high << 8) >> 8 : high;
    const checked = inputSize > 32 ? topBits >> (inputSize - 32) : topBits;
    if (checked !== expected) return this.#fail(FaultStatus.translation);
    if (inputSize < 32 && low >> inputSize !== expected) return this.#fail(FaultStatus.translation);

    const stride = page - 3;
    let level = 4 - Math.ceil((inputSize - page) / stride);
    const paBits = Math.min(paSizes[ps]!, pe.physicalAddressBits);
    const outputLimit = powersOfTwo[paBits]!;
    const ttbrHigh = i32[system + ttbr + 1]! & 0xffff;
    const alignment = 3 + inputSize - ((3 - level) * stride + page);
    const ttbrLow = i32[system + ttbr]! & (alignment < 32 ? -1 << Math.max(alignment, 4) : 0);
    let table = ttbrHigh * two32 + (ttbrLow >>> 0);
    if (table >= outputLimit) return this.#fail(FaultStatus.addressSize);

    let tableSecure = secure;
    let noEl0 = false;
    let readOnly = false;
    let tableXn = false;
    let tablePxn = false;
    let bits = inputSize - ((3 - level) * stride + page);
    for (;;) {
      const start = page + (3 - level) * stride;
      const address = table + extract(low, high, start, bits) * 8;
      bits = stride;
      if (!this.#readDescriptor(address, tableSecure, regime, level, 1)) return false;
      const lo = this.#low;
      const hi = this.#high;
      if ((lo & 1) === 0) return this.#fail(FaultStatus.translation + level);
      if (level < 3 && (lo & 2) !== 0) {
        table = (hi & 0xffff) * two32 + ((lo & (-1 << page)) >>> 0);
        if (table >= outputLimit) return this.#fail(FaultStatus.addressSize + level);
        if (tableSecure && hi < 0) tableSecure = false;
        if (hierarchical) {
          if (hi & 0x4000_0000) readOnly = true;
          if (twoRanges) {
            if (hi & 0x2000_0000) noEl0 = true;
            if (hi & 0x0800_0000) tablePxn = true;
          }
          if (hi & 0x1000_0000) tableXn = true;
        }
        level++;
        continue;
      }
      if (level < 3 ? !blockAllowed(page, level) : (lo & 2) === 0) return this.#fail(FaultStatus.translation + level);

      const output = leafBase(lo, hi, start);
      if (output >= outputLimit) return this.#fail(FaultStatus.addressSize + level);
      const accessFlag = (lo & 0x400) !== 0;
      if (!accessFlag && !hardwareAccess) return this.#fail(FaultStatus.accessFlag + level);

      this.guarded = pe.haveBti && (hi & 0x4_0000) !== 0;
      // AP[2:1], XN or UXN, PXN, with the hierarchical limits (D5.4.1).
      const user = twoRanges && (lo & 0x40) !== 0 && !noEl0;
      const dirtyModifier = hardwareDirty && (hi & 0x8_0000) !== 0;
      let writeProtected = (lo & 0x80) !== 0;
      // With DBM, AP[2] says "clean" and a write makes the page dirty.
      const clean = dirtyModifier && writeProtected && !readOnly;
      if (readOnly) writeProtected = true;
      const mayWrite = !writeProtected || clean;
      const uxn = (hi & 0x40_0000) !== 0 || tableXn;
      const pxn = (hi & 0x20_0000) !== 0 || tablePxn;
      const wxn = (sctlr & Sctlr.WXN) !== 0;
      if (!twoRanges) {
        this.readable = true;
        this.writable = mayWrite;
        this.executable = !uxn && !(wxn && mayWrite);
      } else if (privileged) {
        const denied = pan && user;
        this.readable = !denied;
        this.writable = mayWrite && !denied;
        this.executable = !pxn && !(user && mayWrite) && !(wxn && mayWrite);
      } else {
        this.readable = user;
        this.writable = user && mayWrite;
        this.executable = !uxn && !(wxn && user && mayWrite);
      }

      const attributeIndex = (lo >> 2) & 7;
      const mairWord =
        system + (regime === Regime.el10 ? Word.MAIR_EL1 : regime === Regime.el3 ? Word.MAIR_EL3 : Word.MAIR_EL2);
      this.attributes = (i32[mairWord + (attributeIndex >> 2)]! >>> ((attributeIndex & 3) * 8)) & 0xff;
      this.device = (this.attributes & 0xf0) === 0;
      this.shareability = this.device || this.attributes === 0x44 ? 2 : (lo >> 8) & 3;
      this.global = !twoRanges || ((lo & 0x800) === 0 && tableSecure === secure);
      this.shift = start;
      this.#level = level;
      this.physical = output + offsetIn(low, high, start);
      this.nonSecure = !secure || !tableSecure || (lo & 0x20) !== 0;

      const allowed =
        kind === AccessKind.read ? this.readable : kind === AccessKind.write ? this.writable : this.executable;
      if (!allowed) {
        // A stage 1 permission fault comes before stage 2 is looked at.
        return this.#fail(FaultStatus.permission + level);
      }
      const dirties = clean && kind === AccessKind.write;
      if (!accessFlag || dirties) {
        if (!this.#update(lo, hi, !accessFlag, dirties, address, tableSecure, regime, level)) return false;
      }
      if (clean && !dirties) this.writable = false;
      return true;
    }
  }

  /** Sets the access flag, or clears AP[2] of a page that is written (FEAT_HAFDBS). */
  #update(
    low: number,
    high: number,
    access: boolean,
    dirty: boolean,
    address: number,
    secure: boolean,
    regime: number,
    level: number,
  ): boolean {
    if (regime === Regime.el10 && (this.#pe.hcrLow & Hcr.VM) !== 0) {
      // The update is a write to the stage 1 table, for which stage 2 must allow writes.
      if (!this.#stage2(address, AccessKind.write, true, true)) return false;
    }
    if (this.inspecting) return true;
    if (this.speculating) return this.#fail(FaultStatus.accessFlag + level);
    const host = this.#descriptorHost;
    const page = Math.floor(address / 4096);
    if (this.#pe.codePages.isCode(page)) this.#pe.codePages.written(address, 8);
    let value = low;
    if (access) value |= 0x400;
    if (dirty) value &= ~0x80;
    this.#pe.memory.i32[host >>> 2] = value;
    this.trace?.push({ stage: 1, level, address, low: value >>> 0, high: high >>> 0, secure });
    return true;
  }

  /** Reads a descriptor into #low and #high; `address` is an IPA for stage 1 of EL1&0 under stage 2. */
  #readDescriptor(address: number, secure: boolean, regime: number, level: number, stage: 1 | 2): boolean {
    const pe = this.#pe;
    let physical = address;
    if (stage === 1 && regime === Regime.el10 && (pe.hcrLow & Hcr.VM) !== 0) {
      const page = Math.floor(address / 4096);
      const entry = page & (tableCacheEntries - 1);
      if (this.#tablePages[entry] === page && this.trace === undefined)
        physical = this.#tablePhysical[entry]! + (address - page * 4096);
      else {
        if (!this.#stage2(address, AccessKind.read, true, true)) return false;
        physical = this.#s2Physical;
        this.#tablePages[entry] = page;
        this.#tablePhysical[entry] = physical - (address - page * 4096);
      }
    }
    const host = pe.physical.hostAddress(physical, 8, secure);
    if (host < 0) {
      this.stage2Fault = stage === 2 && this.stage2Fault;
      return this.#fail(FaultStatus.externalOnWalk + level);
    }
    this.#descriptorHost = host;
    if (stage === 1) this.stage1Reads++;
    else this.stage2Reads++;
    const { i32 } = pe.memory;
    this.#low = i32[host >>> 2]!;
    this.#high = i32[(host >>> 2) + 1]!;
    this.trace?.push({ stage, level, address: physical, low: this.#low >>> 0, high: this.#high >>> 0, secure });
    return true;
  }

  /** Runs stage 2 on the address that stage 1 gave, and combines permissions and attributes (D5.5.5). */
  #combineStage2(kind: number, privileged: boolean): boolean {
    const ipa = this.physical;
    if (!this.#stage2(ipa, kind, false, privileged)) return false;
    this.physical = this.#s2Physical;
    const permissions = this.#s2Permissions;
    if ((permissions & 1) === 0) this.readable = false;
    if ((permissions & 2) === 0) this.writable = false;
    if ((permissions & 4) === 0) this.executable = false;
    const s2 = this.#s2Attributes;
    if ((s2 & 0xf0) === 0) {
      // Of two Device types the stricter: nGnRnE below nGnRE below nGRE below GRE, by their encodings.
      this.attributes = this.device ? Math.min(this.attributes, s2) : s2;
      this.device = true;
      this.shareability = 2;
    } else if (!this.device || this.#s2Forced === 6) {
      if (this.#s2Forced < 0) this.attributes = combineNormal(this.attributes, s2);
      else if (this.#s2Forced === 5) this.attributes = 0x44;
      else if (this.#s2Forced === 6) this.attributes = forceWriteBack(this.device ? 0 : this.attributes);
      this.device = false;
      this.shareability = combineShareability(this.shareability, this.#s2Shareability);
      if (this.attributes === 0x44) this.shareability = 2;
    }
    return true;
  }

  /** Translates an IPA into #s2Physical (AArch64.S2Translate). `onWalk`: for a stage 1 descriptor. */
  #stage2(ipa: number, kind: number, onWalk: boolean, privileged: boolean): boolean {
    const pe = this.#pe;
    const { i32 } = pe.memory;
    const { system } = pe;
    const vtcr = i32[system + Word.VTCR_EL2]!;
    this.stage2Fault = true;
    this.onWalk = onWalk;
    this.ipa = ipa;
    let granule = (vtcr >>> 14) & 3;
    if (granule === 3 || !pe.haveGranule[granule as 0 | 1 | 2]) granule = pe.haveGranule[0] ? 0 : 1;
    const page = granuleShifts[granule]!;
    const stride = page - 3;
    const inputSize = 64 - (vtcr & 63);
    const sl0 = (vtcr >>> 6) & 3;
    let level = page === 12 ? (sl0 === 3 ? (pe.haveTtst ? 3 : -1) : 2 - sl0) : 3 - sl0;
    const paBits = Math.min(paSizes[(vtcr >>> 16) & 7]!, pe.physicalAddressBits);
    // AArch64.S2InvalidSL, S2InconsistentSL, and the size of the input.
    const maximum = pe.haveTtst ? (page === 16 ? 47 : 48) : 39;
    const tsz = vtcr & 63;
    let valid = level >= 0 && tsz <= maximum && tsz >= 16 && inputSize <= Math.max(pe.physicalAddressBits, 40);
    if (page !== 12 && sl0 === 3 && !pe.haveTtst && page !== 14) valid = false;
    if (page !== 12 && level === 0) valid = false;
    if (page === 12 && level === 0 && pe.physicalAddressBits < 44) valid = false;
    if (page === 14 && level === 1 && pe.physicalAddressBits <= 40) valid = false;
    if (page === 16 && level === 1 && pe.physicalAddressBits <= 42) valid = false;
    const startBits = inputSize - ((3 - level) * stride + page);
    if (startBits < 1 || startBits > stride + 4) valid = false;
    if (!valid || ipa >= powersOfTwo[inputSize]!) return this.#fail(FaultStatus.translation);

    const hardwareAccess = (vtcr & 0x20_0000) !== 0;
    const hardwareDirty = hardwareAccess && (vtcr & 0x40_0000) !== 0;
    const outputLimit = powersOfTwo[paBits]!;
    const alignment = 3 + startBits;
    const vttbr = system + Word.VTTBR_EL2;
    const baseLow = i32[vttbr]! & (alignment < 32 ? -1 << Math.max(alignment, 4) : 0);
    let table = (i32[vttbr + 1]! & 0xffff) * two32 + (baseLow >>> 0);
    if (table >= outputLimit) return this.#fail(FaultStatus.addressSize);
    const low = ipa | 0;
    const high = (ipa / two32) | 0;
    let bits = startBits;
    const savedHost = this.#descriptorHost;
    const savedLow = this.#low;
    const savedHigh = this.#high;
    for (;;) {
      const start = page + (3 - level) * stride;
      const address = table + extract(low, high, start, bits) * 8;
      bits = stride;
      if (!this.#readDescriptor(address, false, Regime.el10, level, 2)) {
        // The External abort is reported on the stage 2 walk.
        return false;
      }
      const lo = this.#low;
      const hi = this.#high;
      const host = this.#descriptorHost;
      if ((lo & 1) === 0) return this.#fail(FaultStatus.translation + level);
      if (level < 3 && (lo & 2) !== 0) {
        table = (hi & 0xffff) * two32 + ((lo & (-1 << page)) >>> 0);
        if (table >= outputLimit) return this.#fail(FaultStatus.addressSize + level);
        level++;
        continue;
      }
      if (level < 3 ? !blockAllowed(page, level) : (lo & 2) === 0) return this.#fail(FaultStatus.translation + level);
      const output = leafBase(lo, hi, start);
      if (output >= outputLimit) return this.#fail(FaultStatus.addressSize + level);
      const accessFlag = (lo & 0x400) !== 0;
      if (!accessFlag && !hardwareAccess) return this.#fail(FaultStatus.accessFlag + level);

      const clean = hardwareDirty && (hi & 0x8_0000) !== 0 && (lo & 0x80) === 0;
      const mayRead = (lo & 0x40) !== 0;
      const mayWrite = (lo & 0x80) !== 0 || clean;
      // XN[1:0] (FEAT_XNX): 00 both, 01 EL0 only, 10 neither, 11 EL1 only.
      const xn = pe.haveXnx ? (hi >>> 21) & 3 : hi & 0x40_0000 ? 2 : 0;
      const mayExecute = xn === 0 || (xn === 1 && !privileged) || (xn === 3 && privileged);
      this.#s2Permissions = (mayRead ? 1 : 0) | (mayWrite ? 2 : 0) | (mayExecute ? 4 : 0);
      const fwb = (pe.hcrHigh & Hcr.highFWB) !== 0;
      this.#s2Attributes = stage2Attributes((lo >> 2) & 15, fwb);
      this.#s2Forced = fwb ? (lo >> 2) & 7 : -1;
      this.#s2Shareability = (lo >> 8) & 3;
      this.#s2Shift = start;
      const allowed = kind === AccessKind.read ? mayRead : kind === AccessKind.write ? mayWrite : mayExecute;
      const walksDevice = onWalk && (pe.hcrLow & Hcr.PTW) !== 0 && (this.#s2Attributes & 0xf0) === 0;
      if (!allowed || walksDevice) return this.#fail(FaultStatus.permission + level);
      const dirties = clean && kind === AccessKind.write;
      if ((!accessFlag || dirties) && !this.inspecting) {
        if (this.speculating) return this.#fail(FaultStatus.accessFlag + level);
        const value = (accessFlag ? lo : lo | 0x400) | (dirties ? 0x80 : 0);
        const tablePage = Math.floor(address / 4096);
        if (pe.codePages.isCode(tablePage)) pe.codePages.written(address, 8);
        i32[host >>> 2] = value;
      }
      if (clean && !dirties) this.#s2Permissions &= ~2;
      this.#s2Physical = output + offsetIn(low, high, start);
      this.stage2Fault = false;
      this.onWalk = false;
      this.#descriptorHost = savedHost;
      this.#low = savedLow;
      this.#high = savedHigh;
      return true;
    }
  }

  /** log2 of the size of the stage 2 block of the last walk. */
  get stage2Shift(): number {
    return this.#s2Shift;
  }
}

/** Levels at which a granule has blocks, without FEAT_LPA2. */
function blockAllowed(page: number, level: number): boolean {
  return page === 12 ? level === 1 || level === 2 : level === 2;
}

/** Output address of a block or page descriptor, without its offset bits. */
function leafBase(low: number, high: number, start: number): number {
  const upper = high & 0xffff;
  if (start >= 32) return (upper & (-1 << (start - 32))) * two32;
  return upper * two32 + ((low & (-1 << start)) >>> 0);
}

/** Offset of an address in its block. */
function offsetIn(low: number, high: number, start: number): number {
  if (start >= 32) return (high & ((1 << (start - 32)) - 1)) * two32 + (low >>> 0);
  return low & ((1 << start) - 1);
}

/** MemAttr[3:0] of a stage 2 descriptor as a MAIR byte (D5.5.5). */
function stage2Attributes(memAttr: number, fwb: boolean): number {
  if (fwb) {
    // FEAT_S2FWB: 0b0xx Device as without it, 101 Non-cacheable, 110 Write-Back, 111 stage 1's; 100 is reserved.
    const type = memAttr & 7;
    if (type <= 4) return (type & 3) << 2;
    return type === 5 ? 0x44 : 0xff;
  }
  if ((memAttr & 12) === 0) return (memAttr & 3) << 2;
  const cacheability = (bits: number): number => (bits === 1 ? 4 : bits === 2 ? 11 : 15);
  return (cacheability(memAttr >> 2) << 4) | cacheability(memAttr & 3);
}

/** Normal memory of both stages: for each of inner and outer, Non-cacheable wins, then Write-Through, then Write-Back. */
function combineNormal(s1: number, s2: number): number {
  const half = (a: number, b: number): number => {
    if (a === 4 || b === 4) return 4;
    if (a <= 11 || b <= 11) return (a & 3) | 8;
    return a;
  };
  return (half(s1 >> 4, s2 >> 4) << 4) | half(s1 & 15, s2 & 15);
}

/** Normal Write-Back memory, with stage 1's allocation hints where it is cacheable (S2 MemAttr 0b110 with HCR_EL2.FWB). */
function forceWriteBack(s1: number): number {
  const half = (bits: number): number => (bits === 0 || bits === 4 ? 15 : bits | 12);
  return (half(s1 >> 4) << 4) | half(s1 & 15);
}

function combineShareability(s1: number, s2: number): number {
  if (s1 === 2 || s2 === 2) return 2;
  return s1 === 3 || s2 === 3 ? 3 : 0;
}
