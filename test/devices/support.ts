import type { Alarm, CharacterBackend, Clock, Dma, IrqLine, Log, LogChannel } from "../../src/ports/index.js";

/** A clock that moves when told to. */
export class ManualClock implements Clock {
  #now = 0;
  #waiting: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  schedule(at: number, callback: () => void): Alarm {
    const entry = { at, callback };
    this.#waiting.push(entry);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== entry);
      },
    };
  }

  /** Moves on, calling what falls due in order. */
  advance(nanoseconds: number): void {
    const end = this.#now + nanoseconds;
    for (;;) {
      const due = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#waiting = this.#waiting.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }

  get pending(): number {
    return this.#waiting.length;
  }
}

export class RecordingIrq implements IrqLine {
  level = false;
  rises = 0;

  set(level: boolean): void {
    if (level && !this.level) this.rises++;
    this.level = level;
  }
}

export class RecordingLog implements Log {
  readonly lines: string[] = [];

  enabled(_channel: LogChannel): boolean {
    return true;
  }

  write(channel: LogChannel, text: string): void {
    this.lines.push(`${channel}: ${text}`);
  }
}

export class RecordingCharacters implements CharacterBackend {
  readonly written: number[] = [];
  #receive: (bytes: Uint8Array) => void = () => {};

  write(bytes: Uint8Array): void {
    this.written.push(...bytes);
  }

  onInput(receive: (bytes: Uint8Array) => void): void {
    this.#receive = receive;
  }

  type(text: string): void {
    this.#receive(new TextEncoder().encode(text));
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.written));
  }
}

/** RAM from `base` on. */
export class TestRam implements Dma {
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(base: number, size: number) {
    this.base = base;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  read(address: number, target: Uint8Array): boolean {
    if (!this.#inside(address, target.length)) return false;
    target.set(this.bytes.subarray(address - this.base, address - this.base + target.length));
    return true;
  }

  write(address: number, source: Uint8Array): boolean {
    if (!this.#inside(address, source.length)) return false;
    this.bytes.set(source, address - this.base);
    return true;
  }

  #inside(address: number, length: number): boolean {
    return address >= this.base && address + length <= this.base + this.bytes.length;
  }
}

/** Settings for fast-check: the same cases each time, others with FUZZ_SEED. */
export const fuzz = (numRuns: number) => ({ numRuns, seed: Number(process.env["FUZZ_SEED"] ?? 1) });
