import { EventType, type PerfettoWriter } from "./perfetto-writer.js";

/**
 * The interrupt side of a trace: a track for each wire and each PE's share of the GIC, and the arrow that follows an interrupt
 * from its wire (or SGI, or message) through the GIC and the exception to its acknowledgement and end.
 */
export class InterruptFlows {
  readonly #writer: PerfettoWriter;
  readonly #name: (intid: number) => string;
  readonly #sources: number;
  readonly #gic: number;
  /** Tracks of wires, by {@link key}. */
  readonly #wires = new Map<number, number>();
  /** Wires that are asserted now. */
  readonly #asserted = new Set<number>();
  /** By PE: its track of the GIC, and the one that shows what it handles. */
  readonly #signalTracks: number[];
  readonly #handlerTracks: number[];
  /** What the GIC signals to each PE. */
  readonly #signalled: (number | undefined)[] = [];
  /** Interrupts that each PE has acknowledged and not ended. */
  readonly #handled: number[];
  /** Arrows under way, by {@link key}. */
  readonly #flows = new Map<number, number>();
  #lastFlow = 0;

  /** `groups`: the group of tracks of each PE. */
  constructor(writer: PerfettoWriter, groups: readonly number[], name: (intid: number) => string) {
    this.#writer = writer;
    this.#name = name;
    this.#sources = writer.group("Interrupt sources");
    this.#gic = writer.group("GIC");
    this.#signalTracks = groups.map((_, pe) => writer.track(`signals to PE ${pe}`, this.#gic));
    this.#handlerTracks = groups.map((group) => writer.track("interrupts handled", group));
    this.#handled = groups.map(() => 0);
  }

  wire(time: number, intid: number, pe: number | undefined, level: boolean): void {
    const at = key(intid, pe ?? 0);
    let track = this.#wires.get(at);
    if (track === undefined) {
      const owner = pe === undefined ? "" : `, PE ${pe}`;
      track = this.#writer.track(`${this.#name(intid)} (INTID ${intid}${owner})`, this.#sources);
      this.#wires.set(at, track);
    }
    if (level) {
      this.#asserted.add(at);
      this.#writer.event(time, track, EventType.begin, "asserted", { flow: this.#start(at) });
    } else if (this.#asserted.delete(at)) this.#writer.event(time, track, EventType.end);
  }

  sgi(time: number, intid: number, from: number, to: number): void {
    const track = this.#handlerTracks[from]!;
    const flow = this.#start(key(intid, to));
    this.#writer.event(time, track, EventType.instant, `send SGI ${intid} to PE ${to}`, { flow });
  }

  message(time: number, intid: number, pe: number): void {
    const flow = this.#start(key(intid, pe));
    this.#writer.event(time, this.#signalTracks[pe]!, EventType.instant, `message: LPI ${intid}`, { flow });
  }

  signals(time: number, pe: number, intid: number | undefined): void {
    this.#signalled[pe] = intid;
    if (intid === undefined) return;
    const at = key(intid, pe);
    const flow = this.#flows.get(at) ?? this.#start(at);
    this.#writer.event(time, this.#signalTracks[pe]!, EventType.instant, this.#label(intid), { flow });
  }

  /** The arrow of what a PE takes an interrupt exception for. */
  takenBy(pe: number): number | undefined {
    const intid = this.#signalled[pe];
    return intid === undefined ? undefined : this.#flows.get(key(intid, pe));
  }

  acknowledged(time: number, pe: number, intid: number, virtual: boolean): void {
    this.#handled[pe]!++;
    const flow = virtual ? undefined : this.#flows.get(key(intid, pe));
    const name = `${virtual ? "virtual " : ""}${this.#label(intid)}`;
    this.#writer.event(time, this.#handlerTracks[pe]!, EventType.begin, name, flow === undefined ? {} : { flow });
  }

  ended(time: number, pe: number, intid: number, virtual: boolean): void {
    const track = this.#handlerTracks[pe]!;
    const at = key(intid, pe);
    const flow = virtual ? undefined : this.#flows.get(at);
    const name = `end of ${virtual ? "virtual " : ""}INTID ${intid}`;
    this.#writer.event(time, track, EventType.instant, name, flow === undefined ? {} : { flow, endsFlow: true });
    if (!virtual) this.#flows.delete(at);
    if (this.#handled[pe] === 0) return;
    this.#handled[pe]!--;
    this.#writer.event(time, track, EventType.end);
  }

  /** Ends what is open. */
  finish(time: number): void {
    for (const at of this.#asserted) this.#writer.event(time, this.#wires.get(at)!, EventType.end);
    this.#asserted.clear();
    for (const [pe, track] of this.#handlerTracks.entries())
      for (; this.#handled[pe]! > 0; this.#handled[pe]!--) this.#writer.event(time, track, EventType.end);
  }

  #start(at: number): number {
    const flow = ++this.#lastFlow;
    this.#flows.set(at, flow);
    return flow;
  }

  #label(intid: number): string {
    return `INTID ${intid} (${this.#name(intid)})`;
  }
}

/** An interrupt by INTID, and by PE where it is private or an LPI's. */
function key(intid: number, pe: number): number {
  return intid < 32 || intid >= 8192 ? intid * 8 + pe : intid * 8;
}
