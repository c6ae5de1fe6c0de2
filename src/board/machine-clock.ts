import type { Alarm, Clock } from "../ports/index.js";

/** An alarm in the heap. */
class Entry implements Alarm {
  readonly at: number;
  /** Ties go in the order of scheduling. */
  readonly sequence: number;
  callback: (() => void) | undefined;
  readonly #cancelled: (entry: Entry) => void;

  constructor(at: number, sequence: number, callback: () => void, cancelled: (entry: Entry) => void) {
    this.at = at;
    this.sequence = sequence;
    this.callback = callback;
    this.#cancelled = cancelled;
  }

  cancel(): void {
    if (!this.callback) return;
    this.callback = undefined;
    this.#cancelled(this);
  }
}

/** What a running engine tells its clock, and what the clock asks of it. */
export interface RunProgress {
  /** Nanoseconds that the current turn has taken so far. */
  elapsed(): number;
  /** Asks for the turn to end by `at`, nanoseconds since power-on. */
  endBy(at: number): void;
}

/** Progress while nothing runs. */
const standing: RunProgress = { elapsed: () => 0, endBy() {} };

/**
 * Machine time as a count that the scheduler advances, and the alarms that wait on it (a binary heap; cancelled
 * entries are dropped when they come up).
 */
export class MachineClock implements Clock {
  readonly #heap: Entry[] = [];
  #time = 0;
  #sequence = 0;
  #cancelled = 0;
  /** The engine's turn; set by the scheduler while one runs. */
  progress: RunProgress = standing;

  now(): number {
    return this.#time + this.progress.elapsed();
  }

  schedule(at: number, callback: () => void): Alarm {
    const entry = new Entry(at, this.#sequence++, callback, this.#forget);
    this.#push(entry);
    if (this.#heap[0] === entry) this.progress.endBy(at);
    return entry;
  }

  /** An entry was cancelled. What is far in the future, as most that are cancelled soon, lies last. */
  readonly #forget = (entry: Entry): void => {
    const heap = this.#heap;
    if (heap[heap.length - 1] === entry) {
      heap.pop();
      return;
    }
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled > heap.length / 2) this.#compact();
  };

  /**
   * Calls the callbacks that are due, as {@link fireDue}, and answers how far away the next alarm is then: infinitely when none is set.
   * Between turns only.
   */
  passDue(): number {
    this.fireDue();
    const first = this.#heap[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at - this.#time;
  }

  /** When the next alarm is due, or undefined when none is set. */
  nextAlarm(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Moves time on by the nanoseconds of a turn that has ended. */
  advance(nanoseconds: number): void {
    this.progress = standing;
    this.#time += nanoseconds;
  }

  /** Moves time on to `at`, when that is later. */
  advanceTo(at: number): void {
    this.#time = Math.max(this.#time, at);
  }

  /** Calls the callbacks that are due, those included that callbacks add for a time that has passed. */
  fireDue(): void {
    for (;;) {
      const first = this.#heap[0];
      if (first !== undefined && first.callback === undefined) {
        this.#dropCancelled();
        continue;
      }
      if (first === undefined || first.at > this.#time) return;
      this.#pop();
      const { callback } = first;
      first.callback = undefined;
      callback?.();
    }
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && !this.#heap[0]!.callback) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #compact(): void {
    const live = this.#heap.filter((entry) => entry.callback).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap.length = 0;
    this.#heap.push(...live);
    this.#cancelled = 0;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
