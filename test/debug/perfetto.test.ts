/** Traces, decoded by a reader of Protocol Buffers that knows nothing of the writer: structure, nesting, arrows, order. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Machine } from "../../src/board/machine.js";
import { MachineTrace } from "../../src/debug/trace/machine-trace.js";
import { ProtobufWriter } from "../../src/debug/trace/protobuf-writer.js";
import { decode, messagesOf, readTrace, type TraceEvent, textOf } from "./trace-reader.js";

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
