import { EventType, type PerfettoWriter } from "../../debug/trace/perfetto-writer.js";
import type { CrossingListener } from "./crossing-listener.js";

/** Shows crossings in a trace: a track for each number, under its row's name. */
export class CrossingTracks implements CrossingListener {
  readonly #writer: PerfettoWriter;
  readonly #names: ReadonlyMap<number, string>;
  readonly #tracks = new Map<number, number>();
  readonly #open = new Set<number>();
  #group: number | undefined;

  constructor(writer: PerfettoWriter, names: ReadonlyMap<number, string>) {
    this.#writer = writer;
    this.#names = names;
  }

  /** One that is under way under the same number is ended: its wire was asserted again. */
  begun(id: number, time: number): void {
    this.ended(id, time);
    const name = this.#names.get(id) ?? `crossing ${id}`;
    let track = this.#tracks.get(id);
    if (track === undefined) {
      this.#group ??= this.#writer.group("crossings");
      track = this.#writer.track(name, this.#group);
      this.#tracks.set(id, track);
    }
    this.#open.add(id);
    this.#writer.event(time, track, EventType.begin, name);
  }

  ended(id: number, time: number): void {
    if (this.#open.delete(id)) this.#writer.event(time, this.#tracks.get(id)!, EventType.end);
  }

  /** Ends those that are under way; before the trace's own end. */
  finish(time: number): void {
    for (const id of this.#open) this.ended(id, time);
  }
}
