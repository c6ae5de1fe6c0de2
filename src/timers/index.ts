export {
  counterFrequency,
  type GenericTimerOptions,
  GenericTimers,
  type SavedGenericTimers,
  type TimerName,
  type TimerRegisterName,
  timerInterrupts,
} from "./generic-timer.js";
export type { SavedTimer } from "./timer.js";
