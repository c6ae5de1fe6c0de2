import type { IrqLine, Log, MmioDevice } from "../ports/index.js";
import { identification, PRIMECELL_ID_NAMES, type Register, RegisterBlock } from "./registers.js";

const LINES = 8;

/** PrimeCell GPIO registers, DDI 0190 table 3-1. */
// biome-ignore format: one register a line
export const PL061_REGISTERS: readonly Register<PL061>[] = [
  { offset: 0x000, name: "GPIODATA", count: 256, access: "RW", reset: 0, bits: 0xff, purpose: "Data; address bits [9:2] select the lines touched", read: (g, index) => g.pins() & index, write: (g, v, index) => g.writeData(v, index) },
  { offset: 0x400, name: "GPIODIR", access: "RW", reset: 0, bits: 0xff, purpose: "Direction (1 is output)", read: (g) => g.state.direction, write: (g, v) => g.change("direction", v) },
  { offset: 0x404, name: "GPIOIS", access: "RW", reset: 0, bits: 0xff, purpose: "Interrupt sense (1 is level, 0 edge)", read: (g) => g.state.sense, write: (g, v) => g.change("sense", v) },
  { offset: 0x408, name: "GPIOIBE", access: "RW", reset: 0, bits: 0xff, purpose: "Interrupt on both edges", read: (g) => g.state.bothEdges, write: (g, v) => g.change("bothEdges", v) },
  { offset: 0x40c, name: "GPIOIEV", access: "RW", reset: 0, bits: 0xff, purpose: "Interrupt event (1 is rising edge or high)", read: (g) => g.state.event, write: (g, v) => g.change("event", v) },
  { offset: 0x410, name: "GPIOIE", access: "RW", reset: 0, bits: 0xff, purpose: "Interrupt mask (1 enables)", read: (g) => g.state.mask, write: (g, v) => g.change("mask", v) },
  { offset: 0x414, name: "GPIORIS", access: "RO", reset: 0, bits: 0xff, purpose: "Raw interrupt status", read: (g) => g.rawStatus() },
  { offset: 0x418, name: "GPIOMIS", access: "RO", reset: 0, bits: 0xff, purpose: "Masked interrupt status", read: (g) => g.rawStatus() & g.state.mask },
  { offset: 0x41c, name: "GPIOIC", access: "WO", reset: 0, bits: 0xff, purpose: "Interrupt clear (write 1; edges only)", write: (g, v) => g.change("edges", g.state.edges & ~v) },
  { offset: 0x420, name: "GPIOAFSEL", access: "RW", reset: 0, bits: 0xff, purpose: "Mode control select (kept, no effect)", read: (g) => g.state.alternate, write: (g, v) => g.change("alternate", v) },
  ...identification(0xfd0, ["PeriphID4", "PeriphID5", "PeriphID6", "PeriphID7"], [0, 0, 0, 0]),
  ...identification(0xfe0, PRIMECELL_ID_NAMES, [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
];

/** One bit for each line in every field. */
export interface PL061State {
  data: number;
  direction: number;
  sense: number;
  bothEdges: number;
  event: number;
  mask: number;
  alternate: number;
  /** Edges seen and not cleared. */
  edges: number;
  /** Levels driven from outside. Lines nobody drives are pulled down, as on `virt`. */
  inputs: number;
}

export interface PL061Options {
  readonly irq: IrqLine;
  readonly log: Log;
  /** Called when a line that is an output changes. */
  readonly onOutput?: (line: number, level: boolean) => void;
}

/** PrimeCell GPIO (PL061), DDI 0190. */
export class PL061 implements MmioDevice {
  readonly name = "pl061";
  readonly size = 0x1000;
  state: PL061State = resetState();
  readonly #options: PL061Options;
  readonly #registers: RegisterBlock<PL061>;

  constructor(options: PL061Options) {
    this.#options = options;
    this.#registers = new RegisterBlock(this.name, PL061_REGISTERS, options.log);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.#registers.read(this, offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#registers.write(this, offset, size, value);
  }

  /** Drives line 0 to 7 from outside. */
  setInput(line: number, level: boolean): void {
    const bit = 1 << line;
    this.change("inputs", level ? this.state.inputs | bit : this.state.inputs & ~bit);
  }

  /** Power-on state; lines keep the levels that the outside gives them. */
  reset(): void {
    const { inputs } = this.state;
    this.state = { ...resetState(), inputs };
    this.#update();
  }

  save(): PL061State {
    return { ...this.state };
  }

  restore(state: PL061State): void {
    this.state = { ...state };
    this.#update();
  }

  /** Levels on the eight lines. */
  pins(): number {
    const { data, direction, inputs } = this.state;
    return (data & direction) | (inputs & ~direction);
  }

  writeData(value: number, lines: number): void {
    // Writes reach lines configured as outputs only (section 3.3.1).
    const touched = lines & this.state.direction;
    this.change("data", (this.state.data & ~touched) | (value & touched));
  }

  rawStatus(): number {
    const { sense, event, direction, edges } = this.state;
    return (edges & ~sense) | (~(this.pins() ^ event) & sense & ~direction & 0xff);
  }

  change(field: keyof PL061State, value: number): void {
    const pinsBefore = this.pins();
    const driven = pinsBefore & this.state.direction;
    this.state[field] = value;
    const changed = pinsBefore ^ this.pins();
    // Only a wire that moves makes an edge, not a change of direction.
    if (field === "inputs") {
      const { bothEdges, event, direction, sense } = this.state;
      this.state.edges |= changed & ~direction & ~sense & (bothEdges | ~(this.pins() ^ event)) & 0xff;
    }
    const outputs = driven ^ (this.pins() & this.state.direction);
    if (outputs && this.#options.onOutput) {
      for (let line = 0; line < LINES; line++) {
        if (outputs & (1 << line)) this.#options.onOutput(line, (this.pins() & (1 << line)) !== 0);
      }
    }
    this.#update();
  }

  #update(): void {
    this.#options.irq.set((this.rawStatus() & this.state.mask) !== 0);
  }
}

function resetState(): PL061State {
  return { data: 0, direction: 0, sense: 0, bothEdges: 0, event: 0, mask: 0, alternate: 0, edges: 0, inputs: 0 };
}
