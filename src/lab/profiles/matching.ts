import type { Event, EventKindName } from "../counters/events.js";

/** Conditions on events, for the tables of costs. */
export const any =
  (...kinds: EventKindName[]) =>
  (event: Event): boolean =>
    kinds.includes(event.kind);

export const named =
  (kind: EventKindName, pattern: RegExp) =>
  (event: Event): boolean =>
    event.kind === kind && pattern.test(event.name);

/** Exceptions that enter a level from a lower one, or from itself. */
export const enters =
  (level: number) =>
  (event: Event): boolean =>
    event.kind === "exception" && event.to === level;

/** Returns from a level. */
export const leaves =
  (level: number) =>
  (event: Event): boolean =>
    event.kind === "exceptionReturn" && event.from === level;
