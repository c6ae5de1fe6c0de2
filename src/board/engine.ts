import type { CodeProfile } from "../code-library/code-profile.js";
import type { DebugPoints } from "../cpu/debug-points.js";
import type { EngineOptions } from "../cpu/engine.js";
import type { LinearMemory } from "../cpu/linear-memory.js";
import type { PhysicalMemory } from "../cpu/physical-memory.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import type { TurnEnd } from "./scheduler.js";

export type { EngineOptions };

/** Counts since the engine was made: instructions by tier, regions, and whatever else it has. */
export type EngineStatistics = Readonly<Record<string, unknown>> & {
  /** Instructions retired at EL0 to EL3. */
  readonly instructionsByEl: readonly number[];
};

/**
 * What executes instructions, as the board sees it. The board wires the processing elements (interrupt controller,
 * timers, conduit, semihosting, onException) before the first turn, and starts them by resetting them and setting pc.
 */
export interface Engine {
  readonly processors: readonly ProcessingElement[];
  readonly memory: LinearMemory;
  /** The physical address space, with RAM in it; the board adds the devices. */
  readonly physical: PhysicalMemory;
  /** Where in linear memory EngineOptions.boardMemory lies. */
  readonly boardMemory: number;
  /**
   * Runs a PE until `limit` instructions have retired, or it waits or is powered off, or gives up its turn ("yield").
   * An instruction that ends in an exception counts as one.
   */
  run(pe: number, limit: number): TurnEnd;
  /** Instructions retired in the turn that is under way or ended last; exact whenever the board is called. */
  retired(): number;
  /** The turn under way ends as soon as `limit` instructions of it have retired; no effect when none is under way. */
  shorten(limit: number): void;
  /** What answers at physical addresses has changed: translations that lead there are stale. */
  mappingChanged(): void;
  /** RAM was changed from outside the PEs: code made from it is stale. */
  memoryWritten(address: number, size: number): void;
  /** A debugger's breakpoints and watchpoints. */
  readonly debugPoints: DebugPoints;
  statistics(): EngineStatistics;
  /**
   * What was executed so far, if control arrived at least `leastHeat` times in at least `leastPlaces` places that weren't compiled
   * ahead. Undefined if not, and without compiled regions.
   */
  codeProfile?(leastHeat: number, leastPlaces: number): CodeProfile | undefined;
}

export type EngineFactory = (options: EngineOptions) => Engine | Promise<Engine>;
