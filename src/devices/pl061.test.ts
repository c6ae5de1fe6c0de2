import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock, RecordingIrq, RecordingLog } from "../../test/devices/support.js";
import { GpioKey, POWER_BUTTON_LINE } from "./gpio-key.js";
import { PL061 } from "./pl061.js";

const DATA = 0x3fc;
const DIR = 0x400;
const IS = 0x404;
const IBE = 0x408;
const IEV = 0x40c;
const IE = 0x410;
const RIS = 0x414;
const MIS = 0x418;
const IC = 0x41c;

let irq: RecordingIrq;
let outputs: [number, boolean][];
let gpio: PL061;

beforeEach(() => {
  irq = new RecordingIrq();
  outputs = [];
  gpio = new PL061({ irq, log: new RecordingLog(), onOutput: (line, level) => void outputs.push([line, level]) });
});

describe("PL061", () => {
  it.each([
    ["rising", 1, 0, [true]],
    ["falling", 0, 0, [false]],
    ["both", 0, 1, [true, false]],
  ] as const)("sees %s edges", (_, event, both, seen) => {
    gpio.write(IEV, 4, event << 2);
    gpio.write(IBE, 4, both << 2);
    gpio.write(IE, 4, 4);
    for (const level of [true, false]) {
      gpio.setInput(2, level);
      expect(gpio.read(MIS, 4)).toBe((seen as readonly boolean[]).includes(level) ? 4 : 0);
      gpio.write(IC, 4, 4);
      expect(irq.level).toBe(false);
    }
  });

  it("follows levels, which clearing does not end", () => {
    gpio.write(IS, 4, 2);
    gpio.write(IEV, 4, 2);
    gpio.write(IE, 4, 2);
    gpio.setInput(1, true);
    gpio.write(IC, 4, 2);
    expect(irq.level).toBe(true);
    gpio.setInput(1, false);
    expect(irq.level).toBe(false);
  });

  it("tells the outside when outputs change", () => {
    gpio.write(DIR, 4, 0x81);
    gpio.write(DATA, 4, 0xff);
    gpio.write(0x004, 4, 0);
    expect(outputs).toEqual([
      [0, true],
      [7, true],
      [0, false],
    ]);
    expect(gpio.read(DATA, 4)).toBe(0x80);
  });

  it("has a power button that is pressed for a tenth of a second", () => {
    const clock = new ManualClock();
    gpio.write(IEV, 4, 1 << POWER_BUTTON_LINE);
    gpio.write(IE, 4, 1 << POWER_BUTTON_LINE);
    new GpioKey(gpio, POWER_BUTTON_LINE, clock).press();
    expect([irq.level, gpio.read(DATA, 4)]).toEqual([true, 8]);
    clock.advance(100_000_000);
    expect([gpio.read(RIS, 4), gpio.read(DATA, 4)]).toEqual([8, 0]);
  });

  it("comes back from a snapshot", () => {
    gpio.write(IEV, 4, 1);
    gpio.write(IE, 4, 1);
    gpio.setInput(0, true);
    const copyIrq = new RecordingIrq();
    const copy = new PL061({ irq: copyIrq, log: new RecordingLog() });
    copy.restore(structuredClone(gpio.save()));
    expect([copyIrq.level, copy.read(DATA, 4)]).toEqual([true, 1]);
  });
});
