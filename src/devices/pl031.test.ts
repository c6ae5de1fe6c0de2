import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock, RecordingIrq, RecordingLog } from "../../test/devices/support.js";
import { PL031 } from "./pl031.js";

const DR = 0x00;
const MR = 0x04;
const LR = 0x08;
const IMSC = 0x10;
const RIS = 0x14;
const ICR = 0x1c;
const SECOND = 1_000_000_000;
const EPOCH = 1_700_000_000;

let irq: RecordingIrq;
let clock: ManualClock;
let rtc: PL031;

beforeEach(() => {
  irq = new RecordingIrq();
  clock = new ManualClock();
  rtc = new PL031({ irq, clock, log: new RecordingLog(), epoch: EPOCH });
});

describe("PL031", () => {
  it("counts seconds from the epoch given", () => {
    expect(rtc.read(DR, 4)).toBe(EPOCH);
    clock.advance(2.5 * SECOND);
    expect(rtc.read(DR, 4)).toBe(EPOCH + 2);
    rtc.write(LR, 4, 100);
    clock.advance(SECOND);
    expect(rtc.read(DR, 4)).toBe(101);
  });

  it("raises its alarm in the second matched, and not before", () => {
    clock.advance(0.75 * SECOND);
    rtc.write(IMSC, 4, 1);
    rtc.write(MR, 4, EPOCH + 3);
    clock.advance(2.2 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(0.1 * SECOND);
    expect(irq.level).toBe(true);
    rtc.write(ICR, 4, 1);
    expect([irq.level, rtc.read(RIS, 4)]).toEqual([false, 0]);
  });

  it("moves its alarm with the time of day, round the end of 32 bits too", () => {
    rtc.write(MR, 4, 1);
    rtc.write(LR, 4, 0xffffffff);
    clock.advance(1.5 * SECOND);
    expect([rtc.read(DR, 4), rtc.read(RIS, 4)]).toEqual([0, 0]);
    clock.advance(SECOND);
    expect([rtc.read(DR, 4), rtc.read(RIS, 4)]).toEqual([1, 1]);
  });

  it("comes back from a snapshot with its alarm pending", () => {
    rtc.write(IMSC, 4, 1);
    rtc.write(MR, 4, EPOCH + 5);
    const copyIrq = new RecordingIrq();
    const copy = new PL031({ irq: copyIrq, clock, log: new RecordingLog(), epoch: 0 });
    copy.restore(structuredClone(rtc.save()));
    clock.advance(5 * SECOND);
    expect([copyIrq.level, copy.read(DR, 4)]).toEqual([true, EPOCH + 5]);
  });
});
