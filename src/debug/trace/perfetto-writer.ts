import { ProtobufWriter } from "./protobuf-writer.js";

/** Field numbers of Perfetto's trace format, as its protos/perfetto/trace/ has them (perfetto.dev, "Synthetic track events"). */
const Trace = { packet: 1 } as const;
const Packet = {
  timestamp: 8,
  sequence: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const;
const Flags = { stateCleared: 1, needsState: 2 } as const;
const Interned = { eventNames: 2, annotationNames: 3 } as const;
const Name = { iid: 1, name: 2 } as const;
const Track = { uuid: 1, name: 2, process: 3, parent: 5, counter: 8 } as const;
const Process = { pid: 1, name: 6 } as const;
const Counter = { unit: 3 } as const;
const unitCount = 2;
const Event = {
  annotations: 4,
  type: 9,
  nameIid: 10,
  track: 11,
  name: 23,
  counterValue: 30,
  flows: 47,
  endedFlows: 48,
} as const;
const Annotation = { nameIid: 1, uint: 3, string: 6, pointer: 7 } as const;

export const EventType = { begin: 1, end: 2, instant: 3 } as const;

/** Names that are written once and then go by number; what comes after so many is written out each time. */
const mostNames = 4096;
/** Bytes that are gathered before they go to the sink. */
const chunk = 65536;
/** All packets are of one sequence: their timestamps never decrease. */
const sequence = 1;

/** Something to know about an event: an address (bigint), a number, or words. */
export type Annotations = Readonly<Record<string, bigint | number | string>>;

export interface EventDetails {
  /** Events with the same number are joined by arrows. */
  readonly flow?: number;
  /** The arrow ends here. */
  readonly endsFlow?: boolean;
  readonly annotations?: Annotations;
}

/**
 * Writes a Perfetto trace as a stream of packets. Memory is bounded: names (up to a number) and a chunk. Times are nanoseconds
 * and must not decrease.
 */
export class PerfettoWriter {
  readonly #out = new ProtobufWriter();
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #eventNames = new Map<string, number>();
  readonly #annotationNames = new Map<string, number>();
  #first = true;
  #tracks = 0;

  /** `sink` must have done with the bytes when it returns. */
  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** A group of tracks, shown under its name. Returns its number. */
  group(name: string): number {
    const track = ++this.#tracks;
    this.#descriptor(track, () => {
      this.#out.message(Track.process, () => {
        this.#out.uint(Process.pid, track);
        this.#out.string(Process.name, name);
      });
    });
    return track;
  }

  /** A track for slices and instants in a group. */
  track(name: string, group: number): number {
    const track = ++this.#tracks;
    this.#descriptor(track, () => {
      this.#out.string(Track.name, name);
      this.#out.uint(Track.parent, group);
    });
    return track;
  }

  /** A track for the values of a counter in a group. */
  counterTrack(name: string, group: number): number {
    const track = ++this.#tracks;
    this.#descriptor(track, () => {
      this.#out.string(Track.name, name);
      this.#out.uint(Track.parent, group);
      this.#out.message(Track.counter, () => this.#out.uint(Counter.unit, unitCount));
    });
    return track;
  }

  /** The begin of a slice, its end, or an instant. The end needs no name. */
  event(time: number, track: number, type: number, name?: string, details: EventDetails = {}): void {
    const out = this.#out;
    const { annotations, flow, endsFlow } = details;
    const newNames = this.#newNames(name, annotations);
    this.#packet(() => {
      out.uint(Packet.timestamp, time);
      if (newNames) out.message(Packet.internedData, newNames);
      out.message(Packet.trackEvent, () => {
        out.uint(Event.type, type);
        out.uint(Event.track, track);
        if (name !== undefined) {
          const iid = this.#eventNames.get(name);
          if (iid === undefined) out.string(Event.name, name);
          else out.uint(Event.nameIid, iid);
        }
        if (flow !== undefined) out.fixed64(endsFlow ? Event.endedFlows : Event.flows, flow);
        if (annotations) for (const key in annotations) this.#annotation(key, annotations[key]!);
      });
    });
  }

  count(time: number, track: number, value: number): void {
    const out = this.#out;
    this.#packet(() => {
      out.uint(Packet.timestamp, time);
      out.message(Packet.trackEvent, () => {
        out.uint(Event.type, 4);
        out.uint(Event.track, track);
        out.uint(Event.counterValue, value);
      });
    });
  }

  /** Gives the sink what has been gathered. */
  flush(): void {
    if (this.#out.length > 0) this.#sink(this.#out.take());
  }

  #annotation(key: string, value: bigint | number | string): void {
    const out = this.#out;
    out.message(Event.annotations, () => {
      out.uint(Annotation.nameIid, this.#annotationNames.get(key)!);
      if (typeof value === "string") out.string(Annotation.string, value);
      else if (typeof value === "bigint") out.uint64(Annotation.pointer, value);
      else out.uint(Annotation.uint, value);
    });
  }

  /** Gives names that are met for the first time their numbers; returns what must be written for that, if anything. */
  #newNames(name: string | undefined, annotations: Annotations | undefined): (() => void) | undefined {
    const fresh: { readonly field: number; readonly iid: number; readonly name: string }[] = [];
    const add = (names: Map<string, number>, field: number, text: string): void => {
      if (names.has(text)) return;
      names.set(text, names.size + 1);
      fresh.push({ field, iid: names.size, name: text });
    };
    if (name !== undefined && this.#eventNames.size < mostNames) add(this.#eventNames, Interned.eventNames, name);
    if (annotations) for (const key in annotations) add(this.#annotationNames, Interned.annotationNames, key);
    if (fresh.length === 0) return undefined;
    return () => {
      for (const { field, iid, name: text } of fresh)
        this.#out.message(field, () => {
          this.#out.uint(Name.iid, iid);
          this.#out.string(Name.name, text);
        });
    };
  }

  #descriptor(track: number, write: () => void): void {
    this.#packet(() => {
      this.#out.message(Packet.trackDescriptor, () => {
        this.#out.uint(Track.uuid, track);
        write();
      });
    });
  }

  #packet(write: () => void): void {
    const out = this.#out;
    out.message(Trace.packet, () => {
      out.uint(Packet.sequence, sequence);
      out.uint(Packet.sequenceFlags, this.#first ? Flags.stateCleared | Flags.needsState : Flags.needsState);
      this.#first = false;
      write();
    });
    if (out.length >= chunk) this.flush();
  }
}
