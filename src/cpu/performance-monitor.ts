import type { ProcessingElement } from "./processing-element.js";
import { wordOf } from "./register-words.js";

const counterCount = 6;
const pmcr = wordOf("PMCR_EL0");
const enabledWord = wordOf("PMCNTENSET_EL0");
const interruptWord = wordOf("PMINTENSET_EL1");
const overflowWord = wordOf("PMOVSSET_EL0");
const cycleWord = wordOf("PMCCNTR_EL0");
const cycleFilter = wordOf("PMCCFILTR_EL0");
const selectWord = wordOf("PMSELR_EL0");
const userWord = wordOf("PMUSERENR_EL0");
const counterWord = (n: number): number => wordOf("PMEVCNTR0_EL0") + n * 2;
const typeWord = (n: number): number => wordOf("PMEVTYPER0_EL0") + n * 2;

/** Registers with a bit for each counter. */
const setWords: ReadonlySet<number> = new Set([enabledWord, interruptWord, overflowWord]);

const two32 = 2 ** 32;
const cycleBit = 1 << 31;
const allCounters = cycleBit | ((1 << counterCount) - 1);

const mdcrEl2 = wordOf("MDCR_EL2");
const mdcrEl3 = wordOf("MDCR_EL3");
/** MDCR_EL2.HPME, HPMD; MDCR_EL3.SPME; PMCR_EL0.E, D, DP, LC. */
const hpme = 1 << 7;
const hpmd = 1 << 17;
const spme = 1 << 17;
const Pmcr = { E: 1, D: 8, DP: 0x20, LC: 0x40 } as const;

/** Common event numbers that are counted (DDI 0487 D8.11). */
const Event = { swIncr: 0x00, instRetired: 0x08, cpuCycles: 0x11 } as const;

const countersRead = (events: number): boolean => events === Event.instRetired || events === Event.cpuCycles;

/**
 * PMUv3 (DDI 0487 D8). A cycle is an instruction. Counts are brought up to date when someone looks, and before the
 * exception level changes, since counters may leave levels out.
 */
export class PerformanceMonitor {
  readonly #pe: ProcessingElement;
  #last = 0;
  #divider = 0;
  /** The PMU interrupt's wire. */
  overflowInterrupt: ((level: boolean) => void) | undefined;
  /** Whether anything may be counted now. */
  active = false;

  constructor(pe: ProcessingElement) {
    this.#pe = pe;
  }

  reset(): void {
    this.#last = this.#retired();
    this.#divider = 0;
    this.active = false;
    this.overflowInterrupt?.(false);
  }

  #retired(): number {
    return this.#pe.counter.retired(this.#pe.index);
  }

  /** Called before PSTATE.EL changes. */
  levelChanges(): void {
    if (this.active) this.synchronize();
  }

  /** MDCR_EL2 or MDCR_EL3 has changed; {@link synchronize} was called before. */
  configure(): void {
    this.active = this.#enabled() !== 0;
  }

  /** Counters that are on: EL2's own, from HPMN on, by MDCR_EL2.HPME, all others by PMCR_EL0.E (D8.5). */
  #enabled(): number {
    const pe = this.#pe;
    const own = this.#belowEl2();
    let on = (pe.register(pmcr) & Pmcr.E) !== 0 ? own : 0;
    if (pe.haveEl2 && (pe.register(mdcrEl2) & hpme) !== 0) on |= allCounters & ~own;
    return pe.register(enabledWord) & on;
  }

  /** The cycle counter and the event counters below MDCR_EL2.HPMN. */
  #belowEl2(): number {
    const count = this.#pe.haveEl2 ? this.#pe.register(mdcrEl2) & 31 : counterCount;
    return cycleBit | ((1 << Math.min(count, counterCount)) - 1);
  }

  /** Counters that may not count at the current level: EL2's with HPMD, Secure state's without SPME (D8.6). */
  #prohibited(): number {
    const pe = this.#pe;
    let prohibited = 0;
    if (pe.el === 2 && (pe.register(mdcrEl2) & hpmd) !== 0) prohibited = this.#belowEl2();
    if (pe.secure && (pe.register(mdcrEl3) & spme) === 0) prohibited = allCounters;
    return (pe.register(pmcr) & Pmcr.DP) !== 0 ? prohibited : prohibited & ~cycleBit;
  }

  /** Counts the instructions since the last call. */
  synchronize(): void {
    const now = this.#retired();
    const delta = now - this.#last;
    this.#last = now;
    const pe = this.#pe;
    if (delta <= 0 || !this.active) return;
    const enabled = this.#enabled() & ~this.#prohibited();
    if (enabled & cycleBit && this.#counts(pe.register(cycleFilter))) this.#addCycles(delta);
    for (let n = 0; n < counterCount; n++) {
      if ((enabled & (1 << n)) === 0) continue;
      const type = pe.register(typeWord(n));
      if (countersRead(type & 0xffff) && this.#counts(type)) this.#add(n, delta);
    }
  }

  /** Instructions, after {@link synchronize}, until a counter may overflow that interrupts; infinite when none will. */
  instructionsToOverflow(): number {
    const pe = this.#pe;
    const waited = this.#enabled() & pe.register(interruptWord) & ~pe.register(overflowWord);
    if (waited === 0) return Number.POSITIVE_INFINITY;
    let least = Number.POSITIVE_INFINITY;
    if (waited & cycleBit) {
      // Overflows beyond 2^32 instructions are looked for again when those are done.
      least = two32 - (pe.register(cycleWord) >>> 0);
    }
    for (let n = 0; n < counterCount; n++)
      if (waited & (1 << n) && countersRead(pe.register(typeWord(n)) & 0xffff))
        least = Math.min(least, two32 - (pe.register(counterWord(n)) >>> 0));
    return least;
  }

  /** Whether a counter with this PMEVTYPER counts at the current level (P, U, NSK, NSU, NSH, M bits). */
  #counts(type: number): boolean {
    const pe = this.#pe;
    const p = (type >>> 31) & 1;
    const u = (type >>> 30) & 1;
    switch (pe.el) {
      case 0:
        return pe.secure ? u === 0 : u === (pe.haveEl3 ? (type >>> 28) & 1 : 0);
      case 1:
        return pe.secure ? p === 0 : p === (pe.haveEl3 ? (type >>> 29) & 1 : 0);
      case 2:
        return (type & 0x800_0000) !== 0;
      default:
        return p === ((type >>> 26) & 1);
    }
  }

  #addCycles(delta: number): void {
    const pe = this.#pe;
    let count = delta;
    if ((pe.register(pmcr) & (Pmcr.LC | Pmcr.D)) === Pmcr.D) {
      // PMCR_EL0.D without LC: every 64th cycle.
      const total = this.#divider + delta;
      this.#divider = total % 64;
      count = Math.floor(total / 64);
    }
    const low = (pe.register(cycleWord) >>> 0) + count;
    const carry = Math.floor(low / two32);
    const high = (pe.register(cycleWord + 1) >>> 0) + carry;
    pe.setRegister(cycleWord, low | 0, high | 0);
    if ((pe.register(pmcr) & Pmcr.LC) !== 0 ? high >= two32 : carry > 0) this.#overflow(cycleBit);
  }

  #add(n: number, count: number): void {
    const sum = (this.#pe.register(counterWord(n)) >>> 0) + count;
    this.#pe.setRegister(counterWord(n), (sum % two32) | 0, 0);
    if (sum >= two32) this.#overflow(1 << n);
  }

  #overflow(bits: number): void {
    this.#pe.setRegister(overflowWord, this.#pe.register(overflowWord) | bits, 0);
    this.#driveInterrupt();
  }

  #driveInterrupt(): void {
    const pe = this.#pe;
    const asserted =
      (pe.register(pmcr) & Pmcr.E) !== 0 && (pe.register(overflowWord) & pe.register(interruptWord)) !== 0;
    this.overflowInterrupt?.(asserted);
  }

  /** How many event counters the current level has: below EL2, those that MDCR_EL2.HPMN leaves it (D8.5). */
  #accessible(): number {
    const pe = this.#pe;
    return pe.el < 2 && pe.el2Enabled ? Math.min(pe.register(mdcrEl2) & 31, counterCount) : counterCount;
  }

  /** Reads a PM* register into PeState.argument. Counters that the level hasn't are RAZ, one of the choices there are. */
  read(name: string): void {
    const pe = this.#pe;
    if (this.active) this.synchronize();
    const at = this.#place(name);
    let value = at < 0 ? 0 : pe.register(at);
    const count = this.#accessible();
    if (at === pmcr) value = (value & ~0xf800) | (count << 11);
    else if (setWords.has(at)) value &= cycleBit | ((1 << count) - 1);
    pe.setArgument(value, at === cycleWord || name.startsWith("PMCEID") ? pe.register(at + 1) : 0);
  }

  /** The word that holds what a name shows; -1 for a counter that the current level hasn't. */
  #place(name: string): number {
    switch (name) {
      case "PMCNTENCLR_EL0":
        return enabledWord;
      case "PMINTENCLR_EL1":
        return interruptWord;
      case "PMOVSCLR_EL0":
        return overflowWord;
      case "PMXEVTYPER_EL0":
      case "PMXEVCNTR_EL0": {
        const selected = this.#pe.register(selectWord) & 31;
        const types = name === "PMXEVTYPER_EL0";
        if (selected === 31) return types ? cycleFilter : -1;
        if (selected >= this.#accessible()) return -1;
        return types ? typeWord(selected) : counterWord(selected);
      }
      default: {
        const number = /^PMEV(?:CNTR|TYPER)(\d+)_EL0$/.exec(name);
        return number !== null && Number(number[1]) >= this.#accessible() ? -1 : wordOf(name);
      }
    }
  }

  /** Writes a PM* register from PeState.argument. Counters that the level hasn't are WI. */
  write(name: string): void {
    const pe = this.#pe;
    const count = this.#accessible();
    const isSet = /^PM(CNTEN|INTEN|OVS|SWINC)/.test(name);
    const value = isSet ? pe.argumentLow & (cycleBit | ((1 << count) - 1)) : pe.argumentLow;
    this.synchronize();
    switch (name) {
      case "PMCR_EL0": {
        pe.setRegister(pmcr, (pe.register(pmcr) & ~0x79) | (value & 0x79), 0);
        if (value & 2) for (let n = 0; n < count; n++) pe.setRegister(counterWord(n), 0, 0);
        if (value & 4) pe.setRegister(cycleWord, 0, 0);
        break;
      }
      case "PMCNTENSET_EL0":
        pe.setRegister(enabledWord, pe.register(enabledWord) | (value & allCounters), 0);
        break;
      case "PMCNTENCLR_EL0":
        pe.setRegister(enabledWord, pe.register(enabledWord) & ~value, 0);
        break;
      case "PMINTENSET_EL1":
        pe.setRegister(interruptWord, pe.register(interruptWord) | (value & allCounters), 0);
        break;
      case "PMINTENCLR_EL1":
        pe.setRegister(interruptWord, pe.register(interruptWord) & ~value, 0);
        break;
      case "PMOVSSET_EL0":
        pe.setRegister(overflowWord, pe.register(overflowWord) | (value & allCounters), 0);
        break;
      case "PMOVSCLR_EL0":
        pe.setRegister(overflowWord, pe.register(overflowWord) & ~value, 0);
        break;
      case "PMSWINC_EL0":
        this.#softwareIncrement(value);
        break;
      case "PMSELR_EL0":
        pe.setRegister(selectWord, value & 31, 0);
        break;
      case "PMUSERENR_EL0":
        pe.setRegister(userWord, value & 15, 0);
        break;
      case "PMCCNTR_EL0":
        pe.setRegister(cycleWord, value, pe.argumentHigh);
        break;
      default: {
        const at = this.#place(name);
        if (at < 0) return;
        const filter = at === cycleFilter;
        const isType = filter || name.includes("TYPER");
        pe.setRegister(at, filter ? value & 0xfc00_0000 : isType ? value & 0xfc00_ffff : value, 0);
      }
    }
    this.configure();
    this.#driveInterrupt();
  }

  #softwareIncrement(mask: number): void {
    const pe = this.#pe;
    const counting = mask & this.#enabled() & ~this.#prohibited();
    for (let n = 0; n < counterCount; n++) {
      const type = pe.register(typeWord(n));
      if (counting & (1 << n) && (type & 0xffff) === Event.swIncr && this.#counts(type)) this.#add(n, 1);
    }
  }
}
