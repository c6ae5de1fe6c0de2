import { describe, expect, it } from "vitest";
import { MachineClock } from "./machine-clock.js";
import { type Processors, Scheduler, type TurnEnd } from "./scheduler.js";

/** Processing elements that execute programs given as text: "." an instruction, "w" WFI, "y" YIELD; the last repeats. */
class TextProcessors implements Processors {
  readonly count: number;
  readonly trace: string[] = [];
  readonly awake: boolean[];
  readonly on: boolean[];
  readonly #positions: number[];
  #retired = 0;
  #limit = 0;
  /** Called before each instruction. */
  onInstruction: (pe: number, position: number) => void = () => {};
  readonly programs: readonly string[];

  constructor(programs: readonly string[]) {
    this.programs = programs;
    this.count = programs.length;
    this.#positions = programs.map(() => 0);
    this.awake = programs.map(() => true);
    this.on = programs.map(() => true);
  }

  canRun(pe: number): boolean {
    return this.on[pe]! && this.awake[pe]!;
  }

  run(pe: number, limit: number): TurnEnd {
    this.#retired = 0;
    this.#limit = limit;
    const program = this.programs[pe]!;
    while (this.#retired < this.#limit) {
      const position = this.#positions[pe]!++;
      this.onInstruction(pe, position);
      const letter = program[Math.min(position, program.length - 1)];
      this.#retired++;
      if (letter === "w") {
        this.awake[pe] = false;
        this.trace.push(`${pe}:${this.#retired}w`);
        return "yield";
      }
      if (letter === "y") {
        this.trace.push(`${pe}:${this.#retired}y`);
        return "yield";
      }
    }
    this.trace.push(`${pe}:${this.#retired}`);
    return "limit";
  }

  retired(): number {
    return this.#retired;
  }

  shorten(limit: number): void {
    this.#limit = Math.min(this.#limit, limit);
  }
}

function make(programs: string[], turn = 10) {
  const clock = new MachineClock();
  const processors = new TextProcessors(programs);
  return { clock, processors, scheduler: new Scheduler(clock, processors, turn) };
}

describe("the scheduler", () => {
  it("gives turns of fixed length, across slices", () => {
    const { scheduler, processors, clock } = make([".", "."]);
    expect(scheduler.runSlice(25, () => true)).toEqual({ kind: "limit" });
    expect(processors.trace).toEqual(["0:10", "1:10", "0:5"]);
    scheduler.runSlice(10, () => true);
    expect(processors.trace.slice(3)).toEqual(["0:5", "1:5"]);
    expect(clock.now()).toBe(35);
    expect(scheduler.instructions).toBe(35);
  });

  it("stops a turn at the alarm, exactly", () => {
    const { scheduler, processors, clock } = make(["."], 1000);
    const fired: number[] = [];
    clock.schedule(7, () => void fired.push(clock.now()));
    processors.onInstruction = (_, position) => {
      if (position === 20) clock.schedule(clock.now() + 3, () => void fired.push(clock.now()));
    };
    scheduler.runSlice(100, () => true);
    expect(fired).toEqual([7, 23]);
    expect(processors.trace).toEqual(["0:7", "0:16", "0:77"]);
  });

  it("passes the time until the next alarm when all wait", () => {
    const { scheduler, processors, clock } = make(["..w", "w"]);
    clock.schedule(500, () => void (processors.awake[1] = true));
    expect(scheduler.runSlice(100, () => true)).toEqual({ kind: "idle", until: undefined });
    expect(processors.trace).toEqual(["0:3w", "1:1w", "1:1w"]);
    expect(clock.now()).toBe(501);
    expect(scheduler.idle).toBe(496);
  });

  it("leaves passing the time to a caller who wants to", () => {
    const { scheduler, clock } = make(["w"]);
    clock.schedule(500, () => {});
    expect(scheduler.runSlice(100, () => false)).toEqual({ kind: "idle", until: 500 });
    expect(clock.now()).toBe(1);
  });

  it("lets others go first at a YIELD", () => {
    const { scheduler, processors } = make(["..y....", "."]);
    scheduler.runSlice(16, () => true);
    expect(processors.trace).toEqual(["0:3y", "1:10", "0:3"]);
  });

  it("stops when told to, from within", () => {
    const { scheduler, processors } = make(["."]);
    processors.onInstruction = (_, position) => {
      if (position === 4) scheduler.stop();
    };
    expect(scheduler.runSlice(100, () => true)).toEqual({ kind: "stopped" });
    expect(scheduler.instructions).toBe(5);
    expect(scheduler.runSlice(5, () => true)).toEqual({ kind: "limit" });
  });

  it("comes back from devices that go on among themselves", () => {
    const { scheduler, clock } = make(["w"]);
    const again = (): void => void clock.schedule(clock.now() + 10, again);
    again();
    expect(scheduler.runSlice(100, () => true)).toEqual({ kind: "limit" });
    expect(clock.now()).toBeGreaterThan(1000);
  });
});
