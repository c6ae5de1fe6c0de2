import type { Definition } from "../definition.js";
import { barriers } from "./barriers.js";
import { dataCacheZero } from "./data-cache-zero.js";
import { exceptionGeneration, exceptionReturn, reserved } from "./exceptions.js";
import { hints } from "./hints.js";
import { processorState } from "./processor-state.js";
import { systemInstruction, systemRegisterMove } from "./system-register-move.js";

/** Exception generation and return, and the "System" classes. */
export const systemInstructions: readonly (readonly Definition[])[] = [
  reserved,
  exceptionGeneration,
  exceptionReturn,
  hints,
  barriers,
  processorState,
  systemRegisterMove,
  systemInstruction,
  dataCacheZero,
];
