import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MachineClock } from "./machine-clock.js";

describe("the machine's clock", () => {
  it("fires alarms in order of time, ties in order of scheduling, cancelled ones never", () => {
    const operations = fc.array(fc.record({ at: fc.nat(50), cancel: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(operations, (alarms) => {
        const clock = new MachineClock();
        const fired: number[] = [];
        const handles = alarms.map(({ at }, i) => clock.schedule(at, () => fired.push(i)));
        for (const [i, { cancel }] of alarms.entries()) if (cancel) handles[i]!.cancel();
        const live = alarms.map((alarm, i) => ({ ...alarm, i })).filter(({ cancel }) => !cancel);
        expect(clock.nextAlarm()).toBe(live.length ? Math.min(...live.map(({ at }) => at)) : undefined);
        clock.advanceTo(25);
        clock.fireDue();
        const due = live.filter(({ at }) => at <= 25).sort((a, b) => a.at - b.at || a.i - b.i);
        expect(fired).toEqual(due.map(({ i }) => i));
        clock.advance(25);
        clock.fireDue();
        expect(fired.length).toBe(live.length);
        expect(clock.nextAlarm()).toBeUndefined();
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("counts the turn that is under way, and asks it to end for an alarm that comes first", () => {
    const clock = new MachineClock();
    const ends: number[] = [];
    clock.schedule(1000, () => {});
    clock.advance(100);
    clock.progress = { elapsed: () => 40, endBy: (at) => void ends.push(at) };
    expect(clock.now()).toBe(140);
    clock.schedule(2000, () => {});
    clock.schedule(150, () => {});
    expect(ends).toEqual([150]);
    clock.advance(60);
    expect(clock.now()).toBe(160);
  });

  it("says how far the next alarm is, once those that are due have fired", () => {
    const clock = new MachineClock();
    expect(clock.passDue()).toBe(Number.POSITIVE_INFINITY);
    const fired: number[] = [];
    for (const at of [10, 20, 30]) clock.schedule(at, () => fired.push(at));
    clock.schedule(15, () => fired.push(15)).cancel();
    expect(clock.passDue()).toBe(10);
    clock.advanceTo(12);
    expect(clock.passDue()).toBe(8);
    expect(fired).toEqual([10]);
    clock.advanceTo(30);
    expect(clock.passDue()).toBe(Number.POSITIVE_INFINITY);
    expect(fired).toEqual([10, 20, 30]);
  });

  it("fires what a callback schedules for the past", () => {
    const clock = new MachineClock();
    const fired: string[] = [];
    clock.schedule(5, () => {
      fired.push("first");
      clock.schedule(0, () => void fired.push("second"));
    });
    clock.advanceTo(5);
    clock.fireDue();
    expect(fired).toEqual(["first", "second"]);
  });
});
