import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock, RecordingCharacters, RecordingIrq, RecordingLog } from "../../test/devices/support.js";
import { PL011 } from "./pl011.js";

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const LCR_H = 0x2c;
const CR = 0x30;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const FEN = 0x10;
const RXFE = 0x10;
const RXFF = 0x40;
const RX = 0x10;
const TX = 0x20;
const RT = 0x40;

let irq: RecordingIrq;
let clock: ManualClock;
let line: RecordingCharacters;
let uart: PL011;

beforeEach(() => {
  irq = new RecordingIrq();
  clock = new ManualClock();
  line = new RecordingCharacters();
  uart = new PL011({ irq, clock, log: new RecordingLog(), backend: line });
});

const readText = () => {
  let text = "";
  while (!(uart.read(FR, 4) & RXFE)) text += String.fromCharCode(uart.read(DR, 4) & 0xff);
  return text;
};

describe("PL011", () => {
  it("sends what is written at once and says so", () => {
    uart.write(CR, 4, 0x301);
    uart.write(IMSC, 4, TX);
    expect(irq.level).toBe(false);
    for (const c of "hi\n") uart.write(DR, 4, c.charCodeAt(0));
    expect(line.text).toBe("hi\n");
    expect(irq.level).toBe(true);
    uart.write(ICR, 4, TX);
    expect(irq.level).toBe(false);
  });

  it("gives one character at a time without FIFO, and loses none", () => {
    uart.write(IMSC, 4, RX);
    line.type("abc");
    expect(uart.read(FR, 4) & (RXFE | RXFF)).toBe(RXFF);
    expect(uart.read(MIS, 4)).toBe(RX);
    expect(uart.read(DR, 4)).toBe(0x61);
    expect(irq.level).toBe(true);
    expect(readText()).toBe("bc");
    expect(irq.level).toBe(false);
    expect(uart.read(DR, 4)).toBe(0);
  });

  it("keeps what does not fit 16 entries until there is room", () => {
    uart.write(LCR_H, 4, FEN);
    const text = "the quick brown fox jumps over the lazy dog".repeat(30);
    line.type(text);
    expect(uart.read(FR, 4) & RXFF).toBe(RXFF);
    expect(readText()).toBe(text);
  });

  it("loses nothing when the FIFO is switched with characters in it", () => {
    uart.write(LCR_H, 4, FEN);
    line.type("abcdef");
    expect(uart.read(DR, 4)).toBe(0x61);
    uart.write(LCR_H, 4, 0);
    expect(uart.read(FR, 4) & RXFF).toBe(RXFF);
    uart.write(LCR_H, 4, FEN);
    expect(readText()).toBe("bcdef");
  });

  it("raises the receive timeout 32 bit periods after the last character", () => {
    uart.write(LCR_H, 4, FEN);
    uart.write(IBRD, 4, 13);
    uart.write(IMSC, 4, RT);
    line.type("a");
    clock.advance(200_000);
    line.type("b");
    clock.advance(200_000);
    expect(uart.read(RIS, 4) & RT).toBe(0);
    clock.advance(100_000);
    expect(irq.level).toBe(true);
    expect(readText()).toBe("ab");
    expect(irq.level).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it("loops back data, breaks and modem lines, and overruns then", () => {
    uart.write(CR, 4, 0x381);
    uart.write(DR, 4, 0x41);
    uart.write(DR, 4, 0x42);
    expect(line.written).toEqual([]);
    expect(uart.read(RIS, 4) & 0x400).toBe(0x400);
    expect(uart.read(RSR, 4)).toBe(8);
    uart.write(RSR, 4, 0);
    expect(uart.read(DR, 4)).toBe(0x41);
    uart.write(LCR_H, 4, 1);
    expect(uart.read(DR, 4)).toBe(0x400);
    expect(uart.read(RSR, 4)).toBe(4);
    uart.write(CR, 4, 0x381 | (1 << 11));
    expect(uart.read(FR, 4) & 1).toBe(1);
    expect(uart.read(RIS, 4) & 2).toBe(2);
  });

  it("comes back from a snapshot", () => {
    uart.write(LCR_H, 4, FEN);
    uart.write(IMSC, 4, RX | RT);
    const text = "snapshots hold input that waits";
    line.type(text);
    uart.read(DR, 4);
    const snapshot = structuredClone(uart.save());
    const copyIrq = new RecordingIrq();
    const copy = new PL011({ irq: copyIrq, clock, log: new RecordingLog(), backend: new RecordingCharacters() });
    copy.restore(snapshot);
    expect(copyIrq.level).toBe(true);
    uart = copy;
    expect(readText()).toBe(text.slice(1));
  });

  it("keeps input over a reset", () => {
    line.type("xyz");
    uart.reset();
    expect(readText()).toBe("xyz");
  });
});
