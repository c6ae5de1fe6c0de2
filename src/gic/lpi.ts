import type { Dma } from "../ports/index.js";
import { firstLpi, idlePriority, intidSpurious, priorityMask } from "./types.js";

/** LPI INTIDs have 16 bits: 8192 to 65535. */
export const lpiIntidBits = 16;

const propertyWritable = 0x070f_ffff_ffff_ff9fn;
const pendingWritable = 0x070f_ffff_ffff_0f80n;
const pendingTableZero = 1n << 62n;

export interface SavedLpis {
  enabled: boolean;
  propertyBase: string;
  pendingBase: string;
  /** INTID and configuration byte of each pending LPI. */
  pending: [number, number][];
}

/**
 * The LPIs of one Redistributor (IHI 0069, 5.1). While GICR_CTLR.EnableLPIs is 1 the pending state lives here, not in the
 * guest's pending table: that is read when LPIs are enabled and written when they are disabled.
 */
export class LpiState {
  readonly #dma: Dma;
  readonly #byte = new Uint8Array(1);
  /** Pending LPIs and their configuration bytes, as read when they became pending or were last invalidated. */
  readonly #pending = new Map<number, number>();
  enabled = false;
  /** GICR_PROPBASER and GICR_PENDBASER. */
  #propertyBase = 0n;
  #pendingBase = 0n;
  /** The highest priority pending and enabled LPI; its priority as the configuration table has it. */
  bestIntid = intidSpurious;
  bestPriority = idlePriority;

  constructor(dma: Dma) {
    this.#dma = dma;
  }

  get propertyBase(): bigint {
    return this.#propertyBase;
  }

  get pendingBase(): bigint {
    return this.#pendingBase & ~pendingTableZero;
  }

  /** The tables can't be moved while they are in use. */
  set propertyBase(value: bigint) {
    if (!this.enabled) this.#propertyBase = value & propertyWritable;
  }

  set pendingBase(value: bigint) {
    if (!this.enabled) this.#pendingBase = value & (pendingWritable | pendingTableZero);
  }

  /** One more than the highest INTID that the tables hold. */
  #limit(): number {
    return 2 ** Math.min(Number(this.#propertyBase & 31n) + 1, lpiIntidBits);
  }

  /** GICR_CTLR.EnableLPIs. */
  setEnabled(enabled: boolean): void {
    if (enabled === this.enabled) return;
    this.enabled = enabled;
    if (enabled) {
      if (!(this.#pendingBase & pendingTableZero)) this.#load();
    } else this.#store();
    this.#choose();
  }

  #tableAddress(): number {
    return Number(this.#pendingBase & 0x000f_ffff_ffff_0000n);
  }

  #load(): void {
    const limit = this.#limit();
    if (limit <= firstLpi) return;
    const table = new Uint8Array((limit - firstLpi) / 8);
    if (!this.#dma.read(this.#tableAddress() + firstLpi / 8, table)) return;
    for (let index = 0; index < table.length; index++)
      for (let bit = 0; bit < 8; bit++)
        if ((table[index]! >> bit) & 1) this.#pending.set(firstLpi + index * 8 + bit, 0);
    for (const intid of this.#pending.keys()) this.#pending.set(intid, this.#configuration(intid));
  }

  #store(): void {
    const limit = this.#limit();
    if (limit > firstLpi) {
      const table = new Uint8Array((limit - firstLpi) / 8);
      for (const intid of this.#pending.keys()) table[(intid - firstLpi) >> 3]! |= 1 << (intid & 7);
      this.#dma.write(this.#tableAddress() + firstLpi / 8, table);
    }
    this.#pending.clear();
  }

  /** Bit 0: enabled; bits 7:2: priority (5.1.1). What can't be read is disabled. */
  #configuration(intid: number): number {
    const base = Number(this.#propertyBase & 0x000f_ffff_ffff_f000n);
    return this.#dma.read(base + intid - firstLpi, this.#byte) ? this.#byte[0]! : 0;
  }

  isPending(intid: number): boolean {
    return this.#pending.has(intid);
  }

  /** Sets or clears the pending state of an LPI; nothing while LPIs are disabled or for INTIDs outside the tables. */
  setPending(intid: number, pending: boolean): void {
    if (!this.enabled || intid < firstLpi || intid >= this.#limit()) return;
    const wasBest = intid === this.bestIntid;
    if (pending) {
      const configuration = this.#configuration(intid);
      this.#pending.set(intid, configuration);
      if (!wasBest) this.#consider(intid, configuration);
    } else this.#pending.delete(intid);
    if (wasBest) this.#choose();
  }

  /** Reads configurations again: of one LPI, or of all. */
  invalidate(intid?: number): void {
    for (const each of intid === undefined ? this.#pending.keys() : [intid])
      if (this.#pending.has(each)) this.#pending.set(each, this.#configuration(each));
    this.#choose();
  }

  /** Moves all pending LPIs to another Redistributor. */
  moveAllTo(target: LpiState): void {
    for (const intid of [...this.#pending.keys()]) target.setPending(intid, true);
    this.#pending.clear();
    this.#choose();
  }

  #choose(): void {
    this.bestIntid = intidSpurious;
    this.bestPriority = idlePriority;
    for (const [intid, configuration] of this.#pending) this.#consider(intid, configuration);
  }

  /** Makes a pending LPI the best one when it is: the lowest number of the highest priority that is enabled. */
  #consider(intid: number, configuration: number): void {
    const priority = configuration & 0xfc;
    if (!(configuration & 1) || priority > this.bestPriority) return;
    if (priority === this.bestPriority && intid > this.bestIntid) return;
    this.bestIntid = intid;
    this.bestPriority = priority;
  }

  /** The priority of {@link bestIntid} as the CPU interface takes it: LPIs are Non-secure, in half of the range where there are two states. */
  effectivePriority(single: boolean): number {
    return (single ? this.bestPriority : 0x80 | (this.bestPriority >> 1)) & priorityMask;
  }

  reset(): void {
    this.enabled = false;
    this.#propertyBase = 0n;
    this.#pendingBase = 0n;
    this.#pending.clear();
    this.#choose();
  }

  save(): SavedLpis {
    return {
      enabled: this.enabled,
      propertyBase: this.#propertyBase.toString(16),
      pendingBase: this.#pendingBase.toString(16),
      pending: [...this.#pending],
    };
  }

  restore(saved: SavedLpis): void {
    this.enabled = saved.enabled;
    this.#propertyBase = BigInt("0x" + saved.propertyBase);
    this.#pendingBase = BigInt("0x" + saved.pendingBase);
    this.#pending.clear();
    for (const [intid, configuration] of saved.pending) this.#pending.set(intid, configuration);
    this.#choose();
  }
}
