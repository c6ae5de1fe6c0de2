import { describe, expect, it } from "vitest";
import type { Alarm, Clock } from "../ports/index.js";
import { GenericTimers, type TimerName, type TimerRegisterName, timerInterrupts } from "./index.js";

/** A clock moved by hand; alarms fire in order of time. */
class ManualClock implements Clock {
  time = 0;
  alarms: { at: number; callback: () => void }[] = [];
  scheduled = 0;

  now(): number {
    return this.time;
  }

  schedule(at: number, callback: () => void): Alarm {
    this.scheduled++;
    const entry = { at, callback };
    this.alarms.push(entry);
    return { cancel: () => (this.alarms = this.alarms.filter((other) => other !== entry)) };
  }

  advanceTo(time: number): void {
    for (;;) {
      const next = this.alarms.filter((alarm) => alarm.at <= time).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.alarms = this.alarms.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = time;
  }
}

function make() {
  const clock = new ManualClock();
  const levels = {} as Record<TimerName, boolean>;
  const edges: string[] = [];
  const line = (name: TimerName) => {
    levels[name] = false;
    return {
      set(level: boolean) {
        levels[name] = level;
        edges.push(`${clock.time}:${name}:${level ? 1 : 0}`);
      },
    };
  };
  const timers = new GenericTimers({
    clock,
    lines: {
      physical: line("physical"),
      virtual: line("virtual"),
      hypervisorPhysical: line("hypervisorPhysical"),
      hypervisorVirtual: line("hypervisorVirtual"),
      securePhysical: line("securePhysical"),
    },
  });
  return { clock, levels, edges, timers };
}

const everyTimer: [TimerName, string, string][] = [
  ["physical", "CNTP", "EL0"],
  ["virtual", "CNTV", "EL0"],
  ["hypervisorPhysical", "CNTHP", "EL2"],
  ["hypervisorVirtual", "CNTHV", "EL2"],
  ["securePhysical", "CNTPS", "EL1"],
];
const register = (prefix: string, what: string, el: string) => `${prefix}_${what}_${el}` as TimerRegisterName;

describe("the counter", () => {
  it("counts once every 16 ns", () => {
    const { clock, timers } = make();
    clock.time = 15;
    expect(timers.physicalCount()).toBe(0);
    clock.time = 1600;
    expect(timers.physicalCount()).toBe(100);
    expect(timers.read("CNTPCT_EL0")).toBe(100n);
    expect(timers.read("CNTFRQ_EL0")).toBe(62_500_000n);
  });

  it("is seen by EL1 less CNTVOFF_EL2, modulo 2^64", () => {
    const { clock, timers } = make();
    clock.time = 1600;
    timers.write("CNTVOFF_EL2", 30n);
    expect(timers.read("CNTVCT_EL0")).toBe(70n);
    timers.write("CNTVOFF_EL2", 101n);
    expect(timers.read("CNTVCT_EL0")).toBe(0xffff_ffff_ffff_ffffn);
    timers.write("CNTVOFF_EL2", -1n);
    expect(timers.read("CNTVOFF_EL2")).toBe(0xffff_ffff_ffff_ffffn);
    expect(timers.virtualCount()).toBe(101n);
  });

  it("is read-only, and CNTFRQ_EL0 is a word of memory", () => {
    const { timers } = make();
    timers.write("CNTPCT_EL0", 5n);
    expect(timers.read("CNTPCT_EL0")).toBe(0n);
    timers.write("CNTFRQ_EL0", 0x1_0000_0010n);
    expect(timers.read("CNTFRQ_EL0")).toBe(16n);
    timers.reset();
    expect(timers.read("CNTFRQ_EL0")).toBe(62_500_000n);
  });
});

describe.each(everyTimer)("the %s timer", (name, prefix, el) => {
  const CTL = register(prefix, "CTL", el);
  const CVAL = register(prefix, "CVAL", el);
  const TVAL = register(prefix, "TVAL", el);

  it("asserts its wire from the instant the count reaches CVAL", () => {
    const { clock, edges, timers } = make();
    timers.write(CVAL, 10n);
    timers.write(CTL, 1n);
    expect(timers.read(CTL)).toBe(1n);
    clock.advanceTo(159);
    expect(edges).toEqual([]);
    clock.advanceTo(500);
    expect(edges).toEqual([`160:${name}:1`]);
    expect(timers.read(CTL)).toBe(5n);
  });

  it("drops the wire when masked, disabled, or moved into the future", () => {
    const { clock, levels, timers } = make();
    clock.time = 1600;
    timers.write(CTL, 1n);
    expect(levels[name]).toBe(true);
    timers.write(CTL, 3n);
    expect(levels[name]).toBe(false);
    expect(timers.read(CTL)).toBe(7n);
    timers.write(CTL, 1n);
    expect(levels[name]).toBe(true);
    timers.write(CVAL, 101n);
    expect(levels[name]).toBe(false);
    expect(timers.read(CTL)).toBe(1n);
    timers.write(CVAL, 100n);
    expect(levels[name]).toBe(true);
    timers.write(CTL, 0n);
    expect(levels[name]).toBe(false);
    expect(timers.read(CTL)).toBe(0n);
    expect(clock.alarms).toEqual([]);
  });

  it("has TVAL as a signed 32-bit view of CVAL", () => {
    const { clock, timers } = make();
    clock.time = 1600;
    timers.write(TVAL, 50n);
    expect(timers.read(CVAL)).toBe(150n);
    expect(timers.read(TVAL)).toBe(50n);
    clock.time = 16 * 160;
    expect(timers.read(TVAL)).toBe(0xffff_fff6n);
    timers.write(TVAL, 0xffff_ffffn);
    expect(timers.read(CVAL)).toBe(159n);
    timers.write(TVAL, 0xf_7fff_ffffn);
    expect(timers.read(CVAL)).toBe(160n + 0x7fff_ffffn);
    clock.time = 0;
    timers.write(TVAL, 0x8000_0000n);
    expect(timers.read(CVAL)).toBe(0xffff_ffff_8000_0000n);
  });

  it("is the same by 32-bit halves", () => {
    const { clock, timers } = make();
    const small = [0n, 1n, 99n, 100n, 101n, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n];
    const values = [...small, 0x7_ffff_ffff_ffffn, 0x8_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_fff0n];
    clock.time = 1600;
    timers.write(CTL, 1n);
    for (const offset of [0n, 40n, 0xffff_ffff_ffff_ff00n]) {
      timers.write("CNTVOFF_EL2", offset);
      for (const value of values) {
        for (const [register, written] of [
          [CVAL, value],
          [TVAL, value & 0xffff_ffffn],
        ] as const) {
          timers.write(register, written);
          const state = () => [timers.read(CVAL), timers.read(CTL), timers.read(TVAL)];
          const expected = state();
          timers.write(CVAL, 5n);
          timers.writeWords(register, Number(written & 0xffff_ffffn) | 0, Number(written >> 32n) | 0);
          expect(state(), `${register} = ${value}, offset ${offset}`).toEqual(expected);
          expect([timers.readWord(CVAL), timers.readWord(CTL), timers.readWord(TVAL)]).toEqual([
            undefined,
            ...expected.slice(1).map(Number),
          ]);
        }
      }
    }
  });

  it("keeps one alarm, and none that it doesn't need", () => {
    const { clock, timers } = make();
    timers.write(CVAL, 1000n);
    expect(clock.alarms).toHaveLength(0);
    timers.write(CTL, 1n);
    timers.write(CVAL, 500n);
    timers.write(CVAL, 500n);
    expect(clock.alarms.map((alarm) => alarm.at)).toEqual([8000]);
    expect(clock.scheduled).toBe(2);
    timers.write(CTL, 3n);
    expect(clock.alarms).toHaveLength(0);
    timers.write(CVAL, 0xffff_ffff_ffff_ffffn);
    timers.write(CTL, 1n);
    expect(clock.alarms).toHaveLength(0);
  });

  it("comes back from a saved state", () => {
    const one = make();
    one.clock.time = 64;
    one.timers.write(CVAL, 0x1234n);
    one.timers.write(CTL, 1n);
    one.timers.write("CNTVOFF_EL2", 4n);
    const saved = JSON.parse(JSON.stringify(one.timers.save()));
    const two = make();
    two.clock.time = 64;
    two.timers.restore(saved);
    expect(two.timers.save()).toEqual(one.timers.save());
    two.clock.advanceTo(16 * 0x1300);
    expect(two.edges).toEqual([`${16 * (0x1234 + (name === "virtual" ? 4 : 0))}:${name}:1`]);
  });
});

describe("the virtual timer", () => {
  it("moves with CNTVOFF_EL2; the hypervisor's virtual timer does not", () => {
    const { clock, edges, timers } = make();
    clock.time = 80;
    timers.write("CNTV_CVAL_EL0", 10n);
    timers.write("CNTV_CTL_EL0", 1n);
    timers.write("CNTHV_CVAL_EL2", 10n);
    timers.write("CNTHV_CTL_EL2", 1n);
    timers.write("CNTVOFF_EL2", 5n);
    clock.advanceTo(1000);
    expect(edges).toEqual(["160:hypervisorVirtual:1", "240:virtual:1"]);
    timers.write("CNTVOFF_EL2", 1000n);
    // 62 - 1000 is a large unsigned count, so the condition still holds; it ends when the count passes 2^64.
    expect(timers.read("CNTV_CTL_EL0")).toBe(5n);
    clock.advanceTo(16_000);
    expect(edges.slice(2)).toEqual(["16000:virtual:0"]);
    clock.advanceTo(16_160);
    expect(edges.slice(3)).toEqual(["16160:virtual:1"]);
  });
});

describe("the event stream", () => {
  it("ticks when EVNTI changes in EVNTDIR's direction", () => {
    const { clock, timers } = make();
    expect(timers.nextEventStreamTime(0, "physical")).toBeUndefined();
    // EVNTI 3: bit 3 rises at 8, 24, ...; falls at 16, 32, ...
    expect(timers.nextEventStreamTime(0x34, "physical")).toBe(8 * 16);
    expect(timers.nextEventStreamTime(0x3c, "physical")).toBe(16 * 16);
    clock.time = 8 * 16;
    expect(timers.nextEventStreamTime(0x34, "physical")).toBe(24 * 16);
    timers.write("CNTVOFF_EL2", 1n);
    expect(timers.nextEventStreamTime(0x34, "virtual")).toBe(9 * 16);
    expect(timers.nextEventStreamTime(0x2_0034, "physical")).toBe(2048 * 16);
  });

  it.each([
    ["CNTKCTL_EL1's", [0x34, 0], 8 * 16],
    ["CNTHCTL_EL2's", [0, 0x24], 4 * 16],
    ["the earlier of both", [0x34, 0x24], 4 * 16],
    ["no stream, but 100 us", [0, 0], 100_000],
    ["a stream too slow, but 100 us", [0xf4, 0], 100_000],
  ])("ends a WFE with an event: %s", (_name, controls, expected) => {
    const { clock, timers } = make();
    const events: number[] = [];
    timers.scheduleEvent(controls[0]!, controls[1]!, () => events.push(clock.time));
    clock.advanceTo(1_000_000);
    expect(events).toEqual([expected]);
  });
});

it("uses the interrupts of the base system architecture", () => {
  expect(timerInterrupts).toEqual({
    physical: 30,
    virtual: 27,
    hypervisorPhysical: 26,
    hypervisorVirtual: 28,
    securePhysical: 29,
  });
});
