import { exceptionName } from "../../board/exception-names.js";
import type { MachineObserver, ObservedMachine } from "../../board/observers.js";
import { describeException, hasFaultAddress } from "../../board/syndrome.js";
import type { ProcessingElement } from "../../cpu/processing-element.js";
import { Hcr, Word } from "../../cpu/register-words.js";
import { InterruptFlows } from "./interrupt-flows.js";
import { type Annotations, EventType, PerfettoWriter } from "./perfetto-writer.js";

/** Nanoseconds of machine time between two values of a counter. */
const samplePeriod = 100_000;

/** What the trace knows of one PE. */
interface Tracks {
  readonly group: number;
  /** By exception level, when it has been used. */
  readonly levels: (number | undefined)[];
  /** Slices that are open on each level's track: one, and one more for each exception taken to the same level. */
  readonly open: number[];
  readonly waiting: number;
  isWaiting: boolean;
  readonly counters: Map<string, { readonly track: number; value: number; written: number }>;
  sampled: number;
}

/**
 * Writes what a machine does as a Perfetto trace: for each PE a track for each exception level with slices for the time spent
 * there, its waits, the handling of interrupts and counters; devices' interrupt wires; and arrows from wire to GIC to PE to
 * acknowledgement to end of interrupt.
 */
export class MachineTrace implements MachineObserver {
  /** For tracks of others; times must not be less than the machine's. */
  readonly writer: PerfettoWriter;
  readonly #pes: Tracks[] = [];
  #machine: ObservedMachine | undefined;
  #flows: InterruptFlows | undefined;

  readonly processors: NonNullable<MachineObserver["processors"]> = {
    exceptionTaken: (pe, target, esr, vector) => this.#taken(pe, target, esr, vector),
    exceptionServed: (pe) => this.#level(pe),
    exceptionReturned: (pe, from) => this.#returned(pe, from),
    translated: (pe) => this.#add(pe.index, "TLB misses"),
    waits: (pe, waiting) => this.#waits(pe, waiting),
    powered: (pe, on) => this.#powered(pe, on),
  };

  readonly interrupts: NonNullable<MachineObserver["interrupts"]> = {
    wire: (intid, pe, level) => this.#flows!.wire(this.#now(), intid, pe, level),
    sgi: (intid, from, to) => this.#flows!.sgi(this.#now(), intid, from, to),
    message: (intid, pe) => this.#flows!.message(this.#now(), intid, pe),
    signals: (pe, intid) => this.#flows!.signals(this.#now(), pe, intid),
    acknowledged: (pe, intid, virtual) => this.#flows!.acknowledged(this.#now(), pe, intid, virtual),
    ended: (pe, intid, virtual) => this.#flows!.ended(this.#now(), pe, intid, virtual),
  };

  /** `sink` gets the file's bytes in order, and must have done with them when it returns. */
  constructor(sink: (bytes: Uint8Array) => void) {
    this.writer = new PerfettoWriter(sink);
  }

  attach(machine: ObservedMachine): void {
    this.#machine = machine;
    const writer = this.writer;
    for (const pe of machine.processors) {
      const group = writer.group(`PE ${pe.index} (${pe.core.name})`);
      const waiting = writer.track("waiting", group);
      this.#pes.push({
        group,
        levels: [],
        open: [0, 0, 0, 0],
        waiting,
        isWaiting: false,
        counters: new Map(),
        sampled: Number.NEGATIVE_INFINITY,
      });
    }
    const groups = this.#pes.map(({ group }) => group);
    this.#flows = new InterruptFlows(writer, groups, (intid) => machine.interruptName(intid));
  }

  deviceAccessed(pe: number): void {
    this.#add(pe, "MMIO accesses");
  }

  /** Ends what is open, at the machine's present time, and hands over the last bytes. */
  finish(): void {
    // Without a machine there is nothing to end.
    const time = this.#machine?.now() ?? 0;
    for (const [index, tracks] of this.#pes.entries()) {
      for (let el = 0; el < 4; el++) this.#closeLevel(time, tracks, el);
      if (tracks.isWaiting) this.writer.event(time, tracks.waiting, EventType.end);
      tracks.isWaiting = false;
      this.#sample(index, time, true);
    }
    this.#flows?.finish(time);
    this.writer.flush();
  }

  /** Hands over what has been gathered so far. */
  flush(): void {
    this.writer.flush();
  }

  #now(): number {
    return this.#machine!.now();
  }

  #taken(pe: ProcessingElement, target: number, esr: number, vector: number): void {
    const time = this.#now();
    const { index } = pe;
    const tracks = this.#pes[index]!;
    const interrupt = (vector >> 7) & 3;
    const kind = interrupt === 0 ? esr >>> 26 : 63 + interrupt;
    if (pe.el !== target) this.#closeLevel(time, tracks, pe.el);
    else if (tracks.open[target] === 0) this.#openLevel(time, tracks, target, levelName(pe));
    const annotations: Record<string, bigint | number | string> = { from: levelName(pe), ELR: pe.pc };
    if (interrupt === 0) {
      annotations["ESR"] = BigInt(esr >>> 0);
      if (hasFaultAddress(esr)) annotations["FAR"] = doubleword(pe, Word.FAR[target as 1 | 2 | 3]);
    }
    const flow = interrupt === 1 || interrupt === 2 ? this.#flows!.takenBy(index) : undefined;
    this.#openLevel(time, tracks, target, describeException(esr, vector), annotations, flow);
    this.#add(index, `exceptions: ${exceptionName(kind)}`);
    this.#sample(index, time, false);
  }

  #returned(pe: ProcessingElement, from: number): void {
    const time = this.#now();
    const tracks = this.#pes[pe.index]!;
    if (pe.el === from && tracks.open[from]! > 1) {
      tracks.open[from]!--;
      this.writer.event(time, tracks.levels[from]!, EventType.end);
    } else this.#level(pe, from);
    this.#sample(pe.index, time, false);
  }

  /** The PE goes on at its present level, after `from` and what was interrupted there, or at a level that isn't new. */
  #level(pe: ProcessingElement, from?: number): void {
    const time = this.#now();
    const tracks = this.#pes[pe.index]!;
    for (let el = 0; el < 4; el++) if (el !== pe.el || el === from) this.#closeLevel(time, tracks, el);
    if (tracks.open[pe.el] === 0)
      this.#openLevel(time, tracks, pe.el, levelName(pe), { PC: pe.pc, ...addressSpace(pe) });
  }

  #openLevel(
    time: number,
    tracks: Tracks,
    el: number,
    name: string,
    annotations: Annotations = {},
    flow?: number,
  ): void {
    const track = (tracks.levels[el] ??= this.writer.track(`EL${el}`, tracks.group));
    tracks.open[el]!++;
    const details = flow === undefined ? { annotations } : { annotations, flow };
    this.writer.event(time, track, EventType.begin, name, details);
  }

  #closeLevel(time: number, tracks: Tracks, el: number): void {
    for (; tracks.open[el]! > 0; tracks.open[el]!--) this.writer.event(time, tracks.levels[el]!, EventType.end);
  }

  #waits(pe: ProcessingElement, waiting: boolean): void {
    const tracks = this.#pes[pe.index]!;
    if (waiting === tracks.isWaiting) return;
    tracks.isWaiting = waiting;
    if (waiting) {
      this.#add(pe.index, "waits");
      this.writer.event(this.#now(), tracks.waiting, EventType.begin, "WFI", { annotations: { PC: pe.pc } });
    } else this.writer.event(this.#now(), tracks.waiting, EventType.end);
  }

  #powered(pe: ProcessingElement, on: boolean): void {
    const time = this.#now();
    const tracks = this.#pes[pe.index]!;
    for (let el = 0; el < 4; el++) this.#closeLevel(time, tracks, el);
    if (tracks.isWaiting) this.#waits(pe, false);
    this.writer.event(time, tracks.waiting, EventType.instant, on ? "powered on" : "powered off");
    if (on) this.#level(pe);
  }

  #add(pe: number, counter: string): void {
    this.#counter(pe, counter).value++;
  }

  #counter(pe: number, name: string): { readonly track: number; value: number; written: number } {
    const { counters, group } = this.#pes[pe]!;
    let counter = counters.get(name);
    if (counter === undefined)
      counters.set(name, (counter = { track: this.writer.counterTrack(name, group), value: 0, written: -1 }));
    return counter;
  }

  #sample(index: number, time: number, last: boolean): void {
    const tracks = this.#pes[index]!;
    if (!last && time - tracks.sampled < samplePeriod) return;
    tracks.sampled = time;
    const pe = this.#machine!.processors[index]!;
    this.#counter(index, "instructions").value = pe.counter.retired(index);
    for (const counter of tracks.counters.values()) {
      if (counter.value === counter.written) continue;
      counter.written = counter.value;
      this.writer.count(time, counter.track, counter.value);
    }
  }
}

function doubleword(pe: ProcessingElement, word: number): bigint {
  return (BigInt(pe.register(word + 1) >>> 0) << 32n) | BigInt(pe.register(word) >>> 0);
}

/** Whose code runs at the PE's present level. */
function levelName(pe: ProcessingElement): string {
  const words = [`EL${pe.el}`];
  if (pe.el < 2 && (pe.hcrLow & Hcr.VM) !== 0) words.push(`VMID ${pe.vmid}`);
  if (pe.el === 0 && pe.host) words.push("EL2&0");
  if (pe.haveEl3 && pe.el < 3 && pe.secure) words.push("Secure");
  return words.join(", ");
}

function addressSpace(pe: ProcessingElement): Annotations {
  return pe.el === 0 ? { ASID: pe.asid(pe.regime) } : {};
}
