import { describe, expect, it } from "vitest";
import { RecordingLog, TestRam } from "../../test/devices/support.js";
import { FwCfg } from "./fw-cfg.js";

const text = (value: string) => new TextEncoder().encode(value);
const swap16 = (key: number) => ((key & 0xff) << 8) | (key >> 8);

describe("FwCfg", () => {
  const files = new Map([
    ["opt/b", text("second")],
    ["etc/a", text("first file")],
  ]);

  it("lists files in the order of their names and gives their contents", () => {
    const device = new FwCfg({ dma: new TestRam(0, 0), log: new RecordingLog(), files });
    device.write(8, 2, swap16(0x19));
    const bytes = Uint8Array.from({ length: 4 + 2 * 64 }, () => device.read(0, 1));
    const view = new DataView(bytes.buffer);
    const entry = (i: number) => {
      const at = 4 + 64 * i;
      const name = new TextDecoder().decode(bytes.subarray(at + 8, at + 64)).replace(/\0+$/, "");
      return [view.getUint32(at), view.getUint16(at + 4), name];
    };
    expect([view.getUint32(0), entry(0), entry(1)]).toEqual([2, [10, 0x20, "etc/a"], [6, 0x21, "opt/b"]]);
    device.write(8, 2, swap16(0x21));
    const read = String.fromCharCode(...Array.from({ length: 7 }, () => device.read(0, 1)));
    expect(read).toBe("second\0");
  });

  it("reads 64 bits in memory order", () => {
    const device = new FwCfg({ dma: new TestRam(0, 0), log: new RecordingLog(), files });
    device.write(8, 2, swap16(0x20));
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, device.read64(0), true);
    expect(new TextDecoder().decode(bytes)).toBe("first fi");
  });

  it("survives DMA to nowhere and says so", () => {
    const log = new RecordingLog();
    const ram = new TestRam(0x1000, 0x1000);
    const device = new FwCfg({ dma: ram, log, files });
    device.write64(16, 0xffffffffffffffffn);
    ram.view.setUint32(0, (0x20 << 16) | 8 | 2);
    ram.view.setUint32(4, 0xffffffff);
    ram.view.setUint32(12, 0x1100);
    device.write(20, 4, 0x00100000);
    expect(ram.view.getUint32(0)).toBe(1);
    expect(log.lines).toEqual([
      "guest: fw_cfg: a DMA descriptor outside RAM at 0x10000000000000000",
      "guest: fw_cfg: a DMA buffer outside RAM at 0x1100",
    ]);
  });
});
