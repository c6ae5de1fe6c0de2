import { InterruptBank, type SavedInterruptBank } from "./interrupt-bank.js";
import { PeState, type SavedPe } from "./pe-state.js";
import { canPreempt, lowestBit } from "./priority.js";
import { firstLpi, type GicOptions, Group, idlePriority, intidSpurious } from "./types.js";

/** {@link GicState.spiTarget} of an SPI whose GICD_IROUTER names no PE, and of one that any PE may take. */
const noTarget = -1;
const anyTarget = -2;

export interface SavedGicState {
  groupEnable: boolean[];
  disableSecurity: boolean;
  spis: SavedInterruptBank;
  route: number[];
  routeToAny: number[];
  pes: SavedPe[];
}

/**
 * The state that Distributor, Redistributors and CPU interfaces share, and the rules by which an interrupt travels from
 * its wire to a PE (IHI 0069, chapter 4). Whoever changes state calls {@link update} or {@link updateAll} afterwards.
 */
export class GicState {
  readonly options: GicOptions;
  readonly pes: readonly PeState[];
  readonly spis: InterruptBank;
  /** GICD_CTLR.EnableGrp0, EnableGrp1S, EnableGrp1NS by {@link Group}; EnableGrp1 of a single Security state is the last. */
  readonly groupEnable: boolean[] = [false, false, false];
  /** GICD_CTLR.DS. */
  disableSecurity: boolean;
  /** GICD_IROUTER: the affinity and Interrupt_Routing_Mode, by SPI number. */
  readonly route: Uint32Array;
  readonly routeToAny: Uint8Array;
  /** The PE that {@link route} stands for. */
  private readonly spiTarget: Int16Array;
  /** By group, the PE that takes a 1-of-N SPI: the lowest-numbered that participates. */
  private readonly anyPe = new Int16Array(3);

  constructor(options: GicOptions) {
    const { peAffinities, spiCount, outputs } = options;
    if (!Number.isInteger(spiCount) || spiCount < 0 || spiCount > 960 || spiCount % 32 !== 0)
      throw new Error(`the GIC takes a multiple of 32 SPIs up to 960, not ${spiCount}`);
    if (peAffinities.length === 0 || outputs.length !== peAffinities.length)
      throw new Error(`the GIC has ${peAffinities.length} PE affinities and ${outputs.length} sets of outputs`);
    if (new Set(peAffinities).size !== peAffinities.length)
      throw new Error("two PEs of the GIC have the same affinity");
    this.options = options;
    this.pes = peAffinities.map(
      (affinity, index) => new PeState(index, affinity >>> 0, outputs[index]!, options.execution?.[index], options.dma),
    );
    this.spis = new InterruptBank(32, spiCount / 32);
    this.disableSecurity = options.security === "single";
    this.route = new Uint32Array(spiCount);
    this.routeToAny = new Uint8Array(spiCount);
    this.spiTarget = new Int16Array(spiCount);
    this.reset();
  }

  /** True when an access by `secure` software is held to the Non-secure rules. */
  isRestricted(secure: boolean): boolean {
    return !secure && !this.disableSecurity;
  }

  /** The bank that holds `intid`, or undefined when there is no such SGI, PPI or SPI. */
  bankOf(pe: PeState, intid: number): InterruptBank | undefined {
    if (intid < 32) return pe.interrupts;
    return intid < 32 + this.options.spiCount ? this.spis : undefined;
  }

  /** Group of bit `bit` of a bank's word; GRPMODR counts with two Security states only. */
  groupOf(bank: InterruptBank, word: number, bit: number): Group {
    if ((bank.group[word]! >>> bit) & 1) return Group.nonSecureGroup1;
    if (!this.disableSecurity && (bank.groupModifier[word]! >>> bit) & 1) return Group.secureGroup1;
    return Group.group0;
  }

  /** Drives the wire of SPI `n` (INTID 32 + n). */
  setSpi(n: number, level: boolean): void {
    if (this.setLevel(this.spis, n >> 5, n & 31, undefined, level)) this.updateSpi(n);
  }

  /** Drives the wire of a PPI. */
  setPpi(pe: PeState, intid: number, level: boolean): void {
    if (this.setLevel(pe.interrupts, 0, intid, pe.index, level)) this.update(pe);
  }

  /** True when the change of the wire changed what is pending. */
  private setLevel(bank: InterruptBank, word: number, bit: number, pe: number | undefined, level: boolean): boolean {
    const mask = 1 << bit;
    if (((bank.level[word]! & mask) !== 0) === level) return false;
    this.options.observer?.wire(bank.firstIntid + word * 32 + bit, pe, level);
    const before = bank.pending(word);
    if (level) {
      bank.level[word]! |= mask;
      if (bank.edge[word]! & mask) bank.latched[word]! |= mask;
    } else bank.level[word]! &= ~mask;
    return before !== bank.pending(word);
  }

  /** Sets the affinity and routing mode of SPI `n` (GICD_IROUTER). */
  setRoute(n: number, affinity: number, toAny: boolean): void {
    const before = this.spiTarget[n]!;
    this.route[n] = affinity;
    this.routeToAny[n] = toAny ? 1 : 0;
    this.resolveRoute(n);
    const after = this.spiTarget[n]!;
    if (before === after) return;
    if (before === anyTarget || after === anyTarget) this.updateAll();
    else {
      if (before >= 0) this.update(this.pes[before]!);
      if (after >= 0) this.update(this.pes[after]!);
    }
  }

  private resolveRoute(n: number): void {
    if (this.routeToAny[n]) this.spiTarget[n] = anyTarget;
    else {
      const affinity = this.route[n]!;
      const index = this.pes.findIndex((pe) => pe.affinity === affinity);
      this.spiTarget[n] = index < 0 ? noTarget : index;
    }
  }

  /** Re-evaluates the PE or PEs that SPI `n` may be forwarded to. */
  updateSpi(n: number): void {
    const target = this.spiTarget[n]!;
    if (target >= 0) this.update(this.pes[target]!);
    else if (target === anyTarget) this.updateAll();
  }

  /** Re-evaluates every PE: groups were enabled or disabled, PEs went to sleep or woke, or more than that. */
  updateAll(): void {
    this.chooseAnyPe();
    for (const pe of this.pes) {
      for (let group = 0; group < 3; group++)
        pe.forwarded[group] = this.groupEnable[group] && (pe.processorSleep || pe.icc.groupEnable[group]) ? -1 : 0;
      this.update(pe);
    }
  }

  /** A PE takes part in 1-of-N while it is awake and its CPU interface enables the group (IHI 0069, 4.7.2). */
  private chooseAnyPe(): void {
    for (let group = 0; group < 3; group++) {
      this.anyPe[group] = this.pes.findIndex((pe) => !pe.processorSleep && pe.icc.groupEnable[group]);
    }
  }

  /** Chooses what is forwarded to a PE and drives its IRQ, FIQ and WakeRequest. */
  update(pe: PeState): void {
    const { forwarded } = pe;
    pe.pendingIntid = intidSpurious;
    pe.pendingPriority = idlePriority;
    this.select(pe, forwarded[0]!, forwarded[1]!, forwarded[2]!);
    if (pe.processorSleep) {
      pe.wakeRequest.set(pe.pendingIntid !== intidSpurious);
      pe.pendingIntid = intidSpurious;
      pe.pendingPriority = idlePriority;
    } else if (pe.wakeRequest.level) pe.wakeRequest.set(false);
    this.signal(pe);
  }

  /** Masks are all ones for the groups that are enabled. Equal priorities: the lowest INTID wins. */
  private select(pe: PeState, group0: number, secureGroup1: number, nonSecureGroup1: number): void {
    if ((group0 | secureGroup1 | nonSecureGroup1) === 0) return;
    this.selectFrom(pe, pe.interrupts, group0, secureGroup1, nonSecureGroup1);
    this.selectFrom(pe, this.spis, group0, secureGroup1, nonSecureGroup1);
    const { lpis } = pe;
    if (nonSecureGroup1 === 0 || lpis === undefined || lpis.bestIntid === intidSpurious) return;
    const priority = lpis.effectivePriority(this.disableSecurity);
    if (priority >= pe.pendingPriority) return;
    pe.pendingIntid = lpis.bestIntid;
    pe.pendingPriority = priority;
    pe.pendingGroup = Group.nonSecureGroup1;
  }

  private selectFrom(
    pe: PeState,
    bank: InterruptBank,
    group0: number,
    secureGroup1: number,
    nonSecureGroup1: number,
  ): void {
    const modifierMask = this.disableSecurity ? 0 : -1;
    const shared = bank === this.spis;
    for (let word = 0; word < bank.words; word++) {
      const enabled = bank.enabled[word]!;
      if (enabled === 0) continue;
      let candidates = enabled & bank.pending(word) & ~bank.active[word]!;
      if (candidates === 0) continue;
      const group = bank.group[word]!;
      const modifier = bank.groupModifier[word]! & modifierMask;
      candidates &= (group & nonSecureGroup1) | (~group & modifier & secureGroup1) | (~group & ~modifier & group0);
      while (candidates !== 0) {
        const bit = lowestBit(candidates);
        candidates &= candidates - 1;
        const index = word * 32 + bit;
        const priority = bank.priority[index]!;
        if (priority >= pe.pendingPriority) continue;
        if (shared && !this.isTarget(pe, index, this.groupOf(bank, word, bit))) continue;
        pe.pendingPriority = priority;
        pe.pendingIntid = bank.firstIntid + index;
        pe.pendingGroup = this.groupOf(bank, word, bit);
      }
    }
  }

  private isTarget(pe: PeState, spi: number, group: Group): boolean {
    const target = this.spiTarget[spi]!;
    return target === pe.index || (target === anyTarget && this.anyPe[group] === pe.index);
  }

  /** Drives IRQ or FIQ for what is pending (IHI 0069, 4.6.2, table 4-3). */
  signal(pe: PeState): void {
    const { execution } = pe;
    pe.signalledAtEl3 = execution.el === 3;
    pe.signalledSecure = execution.secure;
    let irq = false;
    let fiq = false;
    if (pe.pendingIntid !== intidSpurious && canPreempt(pe.icc, pe.pendingPriority, pe.pendingGroup)) {
      irq = this.isIrq(pe);
      fiq = !irq;
    }
    const { observer } = this.options;
    if (observer !== undefined) {
      const signalled = irq || fiq ? pe.pendingIntid : undefined;
      if (signalled !== pe.signalledIntid) observer.signals(pe.index, signalled);
      pe.signalledIntid = signalled;
    }
    if (pe.irq.level !== irq) pe.irq.set(irq);
    if (pe.fiq.level !== fiq) pe.fiq.set(fiq);
  }

  private isIrq(pe: PeState): boolean {
    if (pe.pendingGroup === Group.group0) return false;
    if (this.disableSecurity) return true;
    if (pe.signalledAtEl3) return false;
    return (pe.pendingGroup === Group.secureGroup1) === pe.signalledSecure;
  }

  /** Makes an SGI, PPI or SPI active and, unless its wire still asserts it, no longer pending. LPIs have no active state. */
  activate(pe: PeState, intid: number): void {
    if (intid >= firstLpi) {
      pe.lpis!.setPending(intid, false);
      return;
    }
    const bank = this.bankOf(pe, intid)!;
    const index = intid - bank.firstIntid;
    bank.active[index >> 5]! |= 1 << (index & 31);
    bank.latched[index >> 5]! &= ~(1 << (index & 31));
  }

  /** Ends the active state of an SGI, PPI or SPI and re-evaluates. */
  deactivate(pe: PeState, intid: number): void {
    const bank = this.bankOf(pe, intid);
    if (bank === undefined) return;
    const index = intid - bank.firstIntid;
    bank.active[index >> 5]! &= ~(1 << (index & 31));
    if (bank === this.spis) this.updateSpi(index);
    else this.update(pe);
  }

  /** Cold reset; input wires keep their level. */
  reset(): void {
    const { spis } = this;
    for (const array of [spis.enabled, spis.latched, spis.active, spis.groupModifier, spis.edge]) array.fill(0);
    const nonSecure = this.options.startsNonSecure === true;
    spis.group.fill(nonSecure ? -1 : 0);
    spis.nonSecureAccess.fill(0);
    spis.priority.fill(0);
    this.groupEnable.fill(false);
    this.disableSecurity = this.options.security === "single";
    this.route.fill(0);
    this.routeToAny.fill(0);
    for (let n = 0; n < this.route.length; n++) this.resolveRoute(n);
    for (const pe of this.pes) {
      pe.reset();
      if (!nonSecure) continue;
      pe.interrupts.group.fill(-1);
      pe.processorSleep = false;
    }
    this.updateAll();
  }

  save(): SavedGicState {
    return {
      groupEnable: [...this.groupEnable],
      disableSecurity: this.disableSecurity,
      spis: this.spis.save(),
      route: Array.from(this.route),
      routeToAny: Array.from(this.routeToAny),
      pes: this.pes.map((pe) => pe.save()),
    };
  }

  /** Throws when `saved` was made by a GIC of another shape. */
  restore(saved: SavedGicState): void {
    if (saved.pes.length !== this.pes.length)
      throw new Error(`the saved GIC state is for ${saved.pes.length} PEs, not ${this.pes.length}`);
    this.spis.restore(saved.spis);
    for (let group = 0; group < 3; group++) this.groupEnable[group] = saved.groupEnable[group]!;
    this.disableSecurity = saved.disableSecurity;
    this.route.set(saved.route);
    this.routeToAny.set(saved.routeToAny);
    for (let n = 0; n < this.route.length; n++) this.resolveRoute(n);
    for (const [index, pe] of this.pes.entries()) pe.restore(saved.pes[index]!);
    this.updateAll();
  }
}
