import type { MachineTrace } from "../../debug/trace/machine-trace.js";
import { EventType } from "../../debug/trace/perfetto-writer.js";

/** Is told of crossings as they happen; times are nanoseconds of machine time. */
export interface CrossingListener {
  begun(id: number, time: number): void;
  ended(id: number, time: number): void;
  noted?(key: number, value: bigint, time: number): void;
}

/** Shows crossings in a trace: a track for each number, under its row's name. */
export function crossingTracks(trace: MachineTrace, names: ReadonlyMap<number, string>): CrossingListener {
  const { writer } = trace;
  let group: number | undefined;
  const tracks = new Map<number, number>();
  const open = new Set<number>();
  const nameOf = (id: number): string => names.get(id) ?? `crossing ${id}`;
  const end = (id: number, time: number): void => {
    if (open.delete(id)) writer.event(time, tracks.get(id)!, EventType.end);
  };
  return {
    begun(id, time) {
      end(id, time);
      let track = tracks.get(id);
      if (track === undefined) {
        group ??= writer.group("crossings");
        track = writer.track(nameOf(id), group);
        tracks.set(id, track);
      }
      open.add(id);
      writer.event(time, track, EventType.begin, nameOf(id));
    },
    ended: end,
  };
}
