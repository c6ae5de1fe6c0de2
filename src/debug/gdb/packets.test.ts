import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, fromHex, littleEndian, littleEndianHex, PacketReader, packet, textOf, toHex } from "./packets.js";
import { parseResumption } from "./resumption.js";
import { parseThreadId, threadId } from "./thread-id.js";

describe("packets", () => {
  const read = (...pieces: Uint8Array[]) => {
    const reader = new PacketReader();
    return pieces.flatMap((piece) => [...reader.push(piece)]);
  };

  it("carry any bytes, cut anywhere", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (data, cut) => {
        const bytes = packet(data);
        const at = cut % bytes.length;
        expect(read(bytes.subarray(0, at), bytes.subarray(at))).toEqual([{ kind: "packet", data }]);
      }),
    );
  });

  it("are told from acknowledgements, interrupts and damage", () => {
    expect(textOf(packet(bytesOf("OK")))).toBe("$OK#9a");
    expect(read(bytesOf("+-\x03$OK#9b$OK#9a")).map(({ kind }) => kind)).toEqual([
      "ack",
      "nack",
      "interrupt",
      "damaged",
      "packet",
    ]);
  });

  it("have numbers in the target's byte order", () => {
    expect(littleEndianHex(0x1122n, 4)).toBe("22110000");
    expect(littleEndian(fromHex("22110000")!)).toBe(0x1122n);
    expect(toHex(fromHex("00ff")!)).toBe("00ff");
    expect([fromHex("0"), fromHex("xy")]).toEqual([undefined, undefined]);
  });
});

describe("thread ids", () => {
  it("name PEs, any, or all", () => {
    const ids = ["1", "p1.2", "p01.02", "0", "p1.0", "-1", "p1.-1", "p1", "p-1.-1", "3", "p2.1", "", "p", "x"];
    expect(ids.map((id) => parseThreadId(id, 2))).toEqual([
      ...[0, 1, 1, "any", "any", "all", "all", "all", "all"],
      ...[undefined, undefined, undefined, undefined, undefined],
    ]);
    expect([threadId(0, false), threadId(1, true)]).toEqual(["01", "p01.02"]);
  });
});

describe("vCont", () => {
  it("gives each PE its leftmost action", () => {
    const how = (text: string) => parseResumption(text, 3)?.map((action) => action.how);
    expect(how("c")).toEqual(["continue", "continue", "continue"]);
    expect(how("s:p1.2;c")).toEqual(["continue", "step", "continue"]);
    expect(how("s:2")).toEqual(["hold", "step", "hold"]);
    expect(how("S05:1;t:2;C0a:p1.-1")).toEqual(["step", "hold", "continue"]);
    expect(parseResumption("r1000,1010:1;c", 2)).toEqual([
      { how: "step", range: [0x1000n, 0x1010n] },
      { how: "continue" },
    ]);
    expect([how("x"), how("s:9"), how("")]).toEqual([undefined, undefined, undefined]);
  });
});
