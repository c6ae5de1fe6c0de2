/** Traces, decoded by a reader of Protocol Buffers that knows nothing of the writer: structure, nesting, arrows, order. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import { MachineTrace } from "../../src/debug/trace/machine-trace.js";
import { ProtobufWriter } from "../../src/debug/trace/protobuf-writer.js";

type Value = number | bigint | Uint8Array;
/** The fields of a message by number. */
type Message = Map<number, Value[]>;

/** Protocol Buffers' wire format (protobuf.dev, "Encoding"). */
function decode(bytes: Uint8Array): Message {
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
    message.set(field, [...(message.get(field) ?? []), value]);
  }
  return message;
}

const numberOf = (message: Message, field: number): number | undefined => {
  const value = message.get(field)?.[0];
  return value === undefined ? undefined : Number(value as bigint);
};
const textOf = (message: Message, field: number): string | undefined => {
  const value = message.get(field)?.[0];
  return value === undefined ? undefined : new TextDecoder().decode(value as Uint8Array);
};
const messagesOf = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map((value) => decode(value as Uint8Array));

interface TraceEvent {
  readonly time: number;
  readonly type: number;
  readonly track: string;
  readonly name: string | undefined;
  readonly flows: readonly number[];
  readonly endedFlows: readonly number[];
  readonly value: number | undefined;
}

interface Track {
  readonly name: string;
  readonly parent: number | undefined;
}

/** Field numbers as protos/perfetto/trace of github.com/google/perfetto has them. */
function readTrace(bytes: Uint8Array): { events: TraceEvent[]; tracks: Map<number, Track> } {
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

describe("the writer of Protocol Buffers", () => {
  it("writes what can be read", () => {
    const writer = new ProtobufWriter();
    const numbers = [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER];
    for (const number of numbers) writer.uint(1, number);
    writer.uint64(2, 0xffff_ffff_ffff_fff0n);
    writer.fixed64(3, 2 ** 40 + 3);
    writer.message(60, () => {
      writer.string(1, "über");
      writer.message(2, () => writer.string(1, "x".repeat(5000)));
    });
    const message = decode(writer.take().slice());
    expect(message.get(1)!.map(Number)).toEqual(numbers);
    expect(message.get(2)).toEqual([0xffff_ffff_ffff_fff0n]);
    expect(message.get(3)!.map(Number)).toEqual([2 ** 40 + 3]);
    const nested = messagesOf(message, 60)[0]!;
    expect(textOf(nested, 1)).toBe("über");
    expect(textOf(messagesOf(nested, 2)[0]!, 1)).toHaveLength(5000);
  });
});

describe("the demo's trace", () => {
  let events: TraceEvent[] = [];
  let machine: Machine;
  beforeAll(async () => {
    const chunks: Uint8Array[] = [];
    const trace = new MachineTrace((bytes) => void chunks.push(bytes.slice()));
    machine = await Machine.create({ kernel: readFileSync("guest/images/demo.elf"), observers: [trace] });
    await machine.run();
    trace.finish();
    ({ events } = readTrace(Buffer.concat(chunks)));
  });
  const on = (track: string): TraceEvent[] => events.filter((event) => event.track === track);

  it("is in order, and every slice ends", () => {
    expect(events.length).toBeGreaterThan(50);
    for (const [n, event] of events.entries()) expect(event.time).toBeGreaterThanOrEqual(events[n - 1]?.time ?? 0);
    const open = new Map<string, number>();
    for (const { type, track } of events) {
      if (type === 1) open.set(track, (open.get(track) ?? 0) + 1);
      if (type !== 2) continue;
      expect(open.get(track), track).toBeGreaterThan(0);
      open.set(track, open.get(track)! - 1);
    }
    expect([...open.values()].every((count) => count === 0)).toBe(true);
  });

  it("has a slice for each exception, in words", () => {
    const names = on("PE 0 (cortex-a57) / EL1").flatMap(({ name, type }) => (type === 1 ? [name] : []));
    expect(names).toContain("SVC #42");
    expect(names).toContain("Data Abort (translation fault, level 1, read)");
    expect(names.filter((name) => name === "IRQ")).toHaveLength(machine.statistics().exceptions["IRQ"]!);
  });

  it("leads each timer interrupt from its wire to its end", () => {
    const wire = on("Interrupt sources / virtual timer (INTID 27, PE 0)").filter(({ type }) => type === 1);
    expect(wire).toHaveLength(5);
    for (const { flows } of wire) {
      expect(flows).toHaveLength(1);
      const path = events.filter((event) => event.flows.includes(flows[0]!) || event.endedFlows.includes(flows[0]!));
      expect(path.map(({ track, name }) => `${track}: ${name}`)).toEqual([
        "Interrupt sources / virtual timer (INTID 27, PE 0): asserted",
        "GIC / signals to PE 0: INTID 27 (virtual timer)",
        "PE 0 (cortex-a57) / EL1: IRQ",
        "PE 0 (cortex-a57) / interrupts handled: INTID 27 (virtual timer)",
        "PE 0 (cortex-a57) / interrupts handled: end of INTID 27",
      ]);
    }
  });

  it("has waits and counters", () => {
    expect(on("PE 0 (cortex-a57) / waiting").filter(({ name }) => name === "WFI")).toHaveLength(5);
    expect(on("PE 0 (cortex-a57) / instructions").at(-1)!.value).toBe(machine.instructions);
    const { exceptions } = machine.statistics();
    for (const [name, count] of Object.entries(exceptions))
      expect(on(`PE 0 (cortex-a57) / exceptions: ${name}`).at(-1)!.value, name).toBe(count);
  });
});
