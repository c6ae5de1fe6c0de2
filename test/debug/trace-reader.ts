/** A reader of Protocol Buffers and of Perfetto traces that knows nothing of the writer. */
type Value = number | bigint | Uint8Array;
/** The fields of a message by number. */
export type Message = Map<number, Value[]>;

/** Protocol Buffers' wire format (protobuf.dev, "Encoding"). */
export function decode(bytes: Uint8Array): Message {
  const message: Message = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    let value: Value;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 1) {
      value = view.getBigUint64(at, true);
      at += 8;
    } else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error("a field is longer than its message");
      value = bytes.subarray(at, at + length);
      at += length;
    } else throw new Error(`wire type ${tag & 7}`);
    const field = tag >> 3;
    const values = message.get(field);
    if (values) values.push(value);
    else message.set(field, [value]);
  }
  return message;
}

const numberOf = (message: Message, field: number): number | undefined => {
  const value = message.get(field)?.[0];
  return value === undefined ? undefined : Number(value as bigint);
};
export const textOf = (message: Message, field: number): string | undefined => {
  const value = message.get(field)?.[0];
  return value === undefined ? undefined : new TextDecoder().decode(value as Uint8Array);
};
export const messagesOf = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map((value) => decode(value as Uint8Array));

export interface TraceEvent {
  readonly time: number;
  readonly type: number;
  readonly track: string;
  readonly name: string | undefined;
  readonly flows: readonly number[];
  readonly endedFlows: readonly number[];
  readonly value: number | undefined;
}

export interface Track {
  readonly name: string;
  readonly parent: number | undefined;
}

/** Field numbers as protos/perfetto/trace of github.com/google/perfetto has them. */
export function readTrace(bytes: Uint8Array): { events: TraceEvent[]; tracks: Map<number, Track> } {
  const tracks = new Map<number, Track>();
  const names = new Map<number, string>();
  const events: TraceEvent[] = [];
  const fullName = (uuid: number): string => {
    const track = tracks.get(uuid)!;
    return track.parent === undefined ? track.name : `${fullName(track.parent)} / ${track.name}`;
  };
  for (const packet of messagesOf(decode(bytes), 1)) {
    for (const descriptor of messagesOf(packet, 60)) {
      const group = messagesOf(descriptor, 3)[0];
      const name = (group ? textOf(group, 6) : textOf(descriptor, 2))!;
      tracks.set(numberOf(descriptor, 1)!, { name, parent: numberOf(descriptor, 5) });
    }
    for (const interned of messagesOf(packet, 12))
      for (const entry of messagesOf(interned, 2)) names.set(numberOf(entry, 1)!, textOf(entry, 2)!);
    for (const event of messagesOf(packet, 11)) {
      const iid = numberOf(event, 10);
      events.push({
        time: numberOf(packet, 8)!,
        type: numberOf(event, 9)!,
        track: fullName(numberOf(event, 11)!),
        name: iid === undefined ? textOf(event, 23) : names.get(iid),
        flows: (event.get(47) ?? []).map(Number),
        endedFlows: (event.get(48) ?? []).map(Number),
        value: numberOf(event, 30),
      });
    }
  }
  return { events, tracks };
}
