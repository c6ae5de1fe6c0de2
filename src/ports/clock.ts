/** A callback waiting on a {@link Clock}. */
export interface Alarm {
  /** Forgets the callback; harmless when it has already fired. */
  cancel(): void;
}

/**
 * Machine time as devices see it. All times are whole nanoseconds since power-on, as JavaScript numbers
 * (exact below 2^53 ns, that is 104 days).
 */
export interface Clock {
  /** Nanoseconds since power-on. */
  now(): number;
  /** Calls `callback` once, at the first instruction boundary at or after `at`; soon, when `at` has passed. */
  schedule(at: number, callback: () => void): Alarm;
}
