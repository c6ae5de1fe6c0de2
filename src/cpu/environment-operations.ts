export { EnvironmentOperation } from "../ir/environment.js";

/** What `environment` tells generated code to do next. */
export const EnvironmentResult = {
  /** Go on with the instruction at pc + 4. */
  next: 0,
  /** pc and state were redirected: leave. */
  redirected: 1,
  /** Go on at pc + 4, but leave first: translation, interrupt masks, timers or code may have changed. */
  leave: 2,
  /** As `leave`, and the PE waits or gives up its turn. */
  wait: 3,
  /** As `next`, unless an interrupt can be taken or the turn is to end; then as `leave`. The engine finds out; no code sees it. */
  check: 4,
} as const;
