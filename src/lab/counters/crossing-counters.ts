import type { MachineObserver, ObservedMachine } from "../../board/observers.js";
import type { ProcessingElement } from "../../cpu/processing-element.js";
import { ObservedKind } from "../../isa/observed.js";
import type { CrossingListener } from "./crossing-listener.js";
import { type Event, EventKind, eventKey, eventOf } from "./events.js";
import { Marker, untilSeen } from "./markers.js";

/** What happened between two markers. */
export interface Crossing {
  /** PEs that executed its markers; their events are counted. */
  readonly processors: readonly number[];
  /** Machine time from the first marker to the second: nanoseconds of the machine's clock, not of any real core. */
  readonly nanoseconds: number;
  /** Counts by position in {@link CrossingCounters.events}; absent is zero. */
  readonly counts: ReadonlyMap<number, number>;
}

export interface Note {
  readonly key: number;
  readonly value: bigint;
}

interface Begun {
  /** -1: begun by a wire. */
  readonly pe: number;
  readonly time: number;
  /** Counts of every PE then. */
  readonly counts: readonly Float64Array[];
}

/** What is counted for one PE since power-on. */
interface PeCounts {
  counts: Float64Array;
  /** Instructions that have been given to an exception level. */
  settled: number;
  /** The instruction that was observed last, and the TLB miss: one that has to be executed again is told of twice. */
  observed: number;
  missedAt: number;
  missed: number;
}

/** Crossings that one run may have: what is remembered of each takes memory. */
const mostCrossings = 1_000_000;

/**
 * Counts what happens between markers, exactly: instructions by exception level, exceptions and returns by class and levels, TLB
 * misses and the descriptors that walks read, reads and writes of system registers, barriers, system instructions, accesses to
 * devices, waits.
 *
 * Instructions count at the level that they are executed at; one that ends in an exception, at the level that it leaves. The marker
 * instructions themselves don't count. System register accesses and system instructions that are trapped count too, beside the
 * exception. TLB misses are those of the machine's own TLB, which is larger than a core's (see cpu/tlb-contexts.ts): what counts are
 * first uses of a page, and uses after a TLBI. Accesses to devices are never misses: the machine looks each of them up, a core would not.
 */
export class CrossingCounters implements MachineObserver {
  readonly observesInstructions = true;
  /** Crossings that have ended, by number, in the order of their ends. */
  readonly crossings = new Map<number, Crossing[]>();
  readonly notes: Note[] = [];
  /** What guest code did wrong with markers, in words. */
  readonly mistakes = new Set<string>();
  readonly #positions = new Map<number, number>();
  readonly #keys: number[] = [];
  readonly #deviceNumbers = new Map<string, number>();
  readonly #pes: PeCounts[] = [];
  readonly #begun = new Map<number, Begun>();
  /** Numbers of crossings by the INTID that begins them. */
  readonly #armed = new Map<number, Set<number>>();
  /** The crossing that ends when the interrupt is seen, by INTID. */
  readonly #untilSeen = new Map<number, number>();
  readonly #listeners: readonly CrossingListener[];
  #machine: ObservedMachine | undefined;
  #total = 0;

  readonly processors: NonNullable<MachineObserver["processors"]> = {
    exceptionTaken: (pe, target, esr, vector) => {
      const interrupt = (vector >> 7) & 3;
      const kind = interrupt === 0 ? esr >>> 26 : 63 + interrupt;
      this.#settle(pe, pe.el, interrupt === 0 ? 1 : 0);
      this.#add(pe, EventKind.exception, kind * 16 + pe.el * 4 + target);
    },
    exceptionReturned: (pe, from) => {
      this.#settle(pe, from, 1);
      this.#add(pe, EventKind.exceptionReturn, from * 4 + pe.el);
    },
    translated: (pe, kind, ok) => this.#translated(pe, kind, ok),
    executing: (pe, event) => this.#executing(pe, event),
    waits: (pe, waiting) => {
      if (waiting) this.#add(pe, EventKind.wait, 0);
    },
  };

  readonly interrupts: NonNullable<MachineObserver["interrupts"]> = {
    wire: (intid, _, level) => {
      const ids = this.#armed.get(intid);
      if (!level || ids === undefined) return;
      this.#armed.delete(intid);
      for (const id of ids) this.#begin(id, -1);
    },
  };

  constructor(...listeners: readonly CrossingListener[]) {
    this.#listeners = listeners;
  }

  attach(machine: ObservedMachine): void {
    this.#machine = machine;
    for (const _ of machine.processors)
      this.#pes.push({ counts: new Float64Array(64), settled: 0, observed: -1, missedAt: -1, missed: -1 });
  }

  deviceAccessed(pe: number, device: string, write: boolean): void {
    let number = this.#deviceNumbers.get(device);
    if (number === undefined) this.#deviceNumbers.set(device, (number = this.#deviceNumbers.size));
    this.#add(this.#machine!.processors[pe]!, write ? EventKind.mmioWrite : EventKind.mmioRead, number);
  }

  /** The events that were met, in the order of positions. */
  get events(): readonly Event[] {
    const devices = [...this.#deviceNumbers.keys()];
    return this.#keys.map((key) => eventOf(key, devices));
  }

  #translated(pe: ProcessingElement, kind: number, ok: boolean): void {
    const { walker } = pe;
    if (ok && walker.device) return;
    const counts = this.#pes[pe.index]!;
    const retired = pe.counter.retired(pe.index);
    const page = (ok ? Math.floor(walker.physical / 4096) : -1) * 4 + kind;
    if (counts.missedAt === retired && counts.missed === page) return;
    counts.missedAt = retired;
    counts.missed = page;
    this.#add(pe, EventKind.tlbMiss, kind);
    if (walker.stage1Reads > 0) this.#add(pe, EventKind.walkRead, 1, walker.stage1Reads);
    if (walker.stage2Reads > 0) this.#add(pe, EventKind.walkRead, 2, walker.stage2Reads);
  }

  #executing(pe: ProcessingElement, event: number): void {
    const counts = this.#pes[pe.index]!;
    const retired = pe.counter.retired(pe.index);
    if (counts.observed === retired) return;
    counts.observed = retired;
    const which = event & 0xffff;
    switch (event >>> 16) {
      case ObservedKind.hint:
        this.#marker(pe, which);
        break;
      case ObservedKind.barrier:
        this.#add(pe, EventKind.barrier, which);
        break;
      case ObservedKind.read:
        this.#add(pe, EventKind.registerRead, which);
        break;
      case ObservedKind.write:
      case ObservedKind.writeImmediate:
        this.#add(pe, EventKind.registerWrite, which);
        break;
      case ObservedKind.system:
        this.#add(pe, EventKind.systemInstruction, which);
        break;
    }
  }

  #marker(pe: ProcessingElement, hint: number): void {
    const id = Number(pe.x(0) & 0xffff_ffffn);
    if (hint === Marker.begin) this.#begin(id, pe.index);
    else if (hint === Marker.end) this.#end(id, pe);
    else if (hint === Marker.arm) this.#arm(id, pe.x(1));
    else if (hint === Marker.seen) this.#seen(id, pe);
    else if (hint === Marker.note) this.#note(id, pe.x(1));
  }

  #note(key: number, value: bigint): void {
    this.notes.push({ key, value });
    for (const listener of this.#listeners) listener.noted?.(key, value, this.#machine!.now());
  }

  #arm(id: number, wire: bigint): void {
    const intid = Number(wire & 0xffff_ffffn);
    let ids = this.#armed.get(intid);
    if (ids === undefined) this.#armed.set(intid, (ids = new Set()));
    ids.add(id);
    if ((wire & untilSeen) !== 0n) this.#untilSeen.set(intid, id);
  }

  #seen(intid: number, pe: ProcessingElement): void {
    const id = this.#untilSeen.get(intid);
    if (id === undefined || !this.#begun.has(id)) return;
    this.#untilSeen.delete(intid);
    this.#end(id, pe);
  }

  #begin(id: number, pe: number): void {
    if (pe >= 0 && this.#begun.has(id)) this.mistakes.add(`crossing ${id} begins while it is under way`);
    const machine = this.#machine!;
    // The marker itself belongs to what was before.
    for (const each of machine.processors) this.#settle(each, each.el, each.index === pe ? 1 : 0);
    const time = machine.now();
    this.#begun.set(id, { pe, time, counts: this.#pes.map(({ counts }) => counts.slice()) });
    for (const listener of this.#listeners) listener.begun(id, time);
  }

  #end(id: number, pe: ProcessingElement): void {
    const begun = this.#begun.get(id);
    if (begun === undefined) {
      this.mistakes.add(`crossing ${id} ends without having begun`);
      return;
    }
    this.#begun.delete(id);
    const machine = this.#machine!;
    const processors = begun.pe < 0 || begun.pe === pe.index ? [pe.index] : [begun.pe, pe.index];
    const counts = new Map<number, number>();
    for (const index of processors) {
      const each = machine.processors[index]!;
      this.#settle(each, each.el, 0);
      const now = this.#pes[index]!.counts;
      const before = begun.counts[index]!;
      for (let at = 0; at < this.#keys.length; at++) {
        const difference = now[at]! - (before[at] ?? 0);
        if (difference !== 0) counts.set(at, (counts.get(at) ?? 0) + difference);
      }
    }
    if (++this.#total > mostCrossings) {
      this.mistakes.add(`there are more than ${mostCrossings} crossings`);
      return;
    }
    let list = this.crossings.get(id);
    if (list === undefined) this.crossings.set(id, (list = []));
    const time = machine.now();
    list.push({ processors, nanoseconds: time - begun.time, counts });
    for (const listener of this.#listeners) listener.ended(id, time);
  }

  /** Gives the instructions since the last time to a level; `more` for the one under way. */
  #settle(pe: ProcessingElement, el: number, more: number): void {
    const counts = this.#pes[pe.index]!;
    const retired = pe.counter.retired(pe.index) + more;
    const since = retired - counts.settled;
    if (since <= 0) return;
    counts.settled = retired;
    this.#add(pe, EventKind.instruction, el, since);
  }

  #add(pe: ProcessingElement, kind: number, detail: number, count = 1): void {
    const key = eventKey(kind, detail);
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = this.#keys.length;
      this.#positions.set(key, position);
      this.#keys.push(key);
    }
    const counts = this.#pes[pe.index]!;
    if (position >= counts.counts.length) {
      const larger = new Float64Array(Math.max(counts.counts.length * 2, position + 1));
      larger.set(counts.counts);
      counts.counts = larger;
    }
    counts.counts[position]! += count;
  }
}
