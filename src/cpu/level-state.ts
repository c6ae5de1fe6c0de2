import { systemRegisters } from "../isa/system-registers/index.js";
import { LevelRecord, levelWords, PeState } from "./state-layout.js";
import type { TlbContexts } from "./tlb-contexts.js";

/**
 * What follows from PSTATE.{EL, PAN, UAO} and the control registers. What generated code needs of it is a {@link LevelRecord} in linear
 * memory, so that exceptions and returns can change levels there (interpreter/crossings.ts); the rest is only TypeScript's.
 */
export class LevelState {
  secure = false;
  el2Enabled = false;
  hcrLow = 0;
  hcrHigh = 0;
  e2h = false;
  host = false;
  regime = 0;
  regimeIsFlat = true;
  mustAlign = true;
  debug = false;
  /**
   * By register index, for reads and writes: 1 where an access is known to reach the register itself, without a trap; 4 and the level
   * where it is known to trap.
   */
  readonly knownAccesses = new Uint8Array(systemRegisters.length * 2);
  /** Of the TLB context, and of the one for unprivileged accesses; the epoch of the contexts when they were found. */
  key = -1;
  unprivilegedKey = -1;
  configuration = -1;
  vmid = -1;
  context = 0;
  unprivilegedContext = 0;
  contextsEpoch = -1;
  /** Index of the record's first word. */
  readonly record: number;

  constructor(record: number) {
    this.record = record;
  }

  /** Remembers the words of the PE's state that belong to its level; `w`: index of the state's first word. */
  keep(i32: Int32Array, w: number): void {
    const { record } = this;
    this.knownAccesses.fill(0);
    for (let n = 0; n < levelWords.length; n++) i32[record + keptAt[n]!] = i32[w + keptFrom[n]!]!;
    i32[record + epochAt] = i32[w + levelsEpoch]!;
  }

  /** Whether it still holds. */
  isCurrent(i32: Int32Array, w: number): boolean {
    return i32[this.record + epochAt] === i32[w + levelsEpoch];
  }

  /** Finds the contexts of its keys; the one for unprivileged accesses is the other, where that has the same key. */
  findContexts(tlbs: TlbContexts): void {
    const { key, unprivilegedKey, vmid, configuration } = this;
    this.context = tlbs.find(key, vmid, -1, configuration);
    this.unprivilegedContext =
      key === unprivilegedKey ? this.context : tlbs.find(unprivilegedKey, vmid, this.context, configuration);
    this.contextsEpoch = tlbs.epoch;
  }

  /** Puts {@link context} and {@link unprivilegedContext} into the record. */
  keepContexts(i32: Int32Array, tlbs: TlbContexts): void {
    const { record, context, unprivilegedContext } = this;
    i32[record + LevelRecord.context / 4] = context;
    i32[record + LevelRecord.contextUnprivileged / 4] = unprivilegedContext;
    i32[record + LevelRecord.tlb / 4] = tlbs.tlb(context);
    i32[record + LevelRecord.tlbUnprivileged / 4] = tlbs.tlb(unprivilegedContext);
    i32[record + LevelRecord.jumpCache / 4] = tlbs.jumpCache(context);
  }

  /** Puts the words that belong to the level into the PE's state. */
  enter(i32: Int32Array, w: number): void {
    const { record } = this;
    for (let n = 0; n < levelWords.length; n++) i32[w + keptFrom[n]!] = i32[record + keptAt[n]!]!;
  }
}

const epochAt = LevelRecord.epoch >> 2;
const levelsEpoch = PeState.levelsEpoch >> 2;
const keptAt = levelWords.map((name) => LevelRecord[name] >> 2);
const keptFrom = levelWords.map((name) => PeState[name] >> 2);
