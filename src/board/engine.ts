import type { Core } from "../cpu/cores/core.js";
import type { PhysicalMemory } from "../cpu/physical-memory.js";
import type { SemihostingMemory, SemihostingResult } from "../devices/index.js";
import type { CpuInterface, PeOutputs } from "../gic/index.js";
import type { Clock, Log } from "../ports/index.js";
import type { GenericTimers } from "../timers/index.js";
import type { PsciConduit } from "./device-tree/virt.js";
import type { PsciResult } from "./psci.js";
import type { Processors } from "./scheduler.js";
import type { StatePart } from "./state-hash.js";

/** What the engine asks of the machine while a PE runs. */
export interface EngineHost {
  readonly log: Log;
  readonly clock: Clock;
  /** An HVC or SMC, whichever is the conduit: X0 and X1 to X3. The result goes into X0. */
  firmwareCall(pe: number, x0: bigint, args: readonly [bigint, bigint, bigint]): PsciResult;
  /** HLT #0xF000; absent: it is UNDEFINED. "blocked": the instruction is to be executed again in a later turn. */
  semihostingCall?(pe: number, operation: number, parameter: bigint, memory: SemihostingMemory): SemihostingResult;
  /** The PE takes the same exception without end; `what` says so in words, as the end of a sentence. */
  stuck(pe: number, what: string): void;
}

export interface EngineOptions {
  readonly core: Core;
  /** MPIDR_EL1's affinity fields, one for each PE. */
  readonly affinities: readonly number[];
  readonly hasEl2: boolean;
  readonly hasEl3: boolean;
  readonly ram: { readonly base: number; readonly size: number };
  readonly conduit: PsciConduit;
  readonly jit: boolean;
  readonly host: EngineHost;
}

/** Where a PE begins. */
export interface StartState {
  readonly pc: bigint;
  readonly x0: bigint;
  /** The Exception level, with its own stack pointer; DAIF are masked, the MMU is off. */
  readonly el: 1 | 2 | 3;
}

/** Counts since the machine was made. */
export interface EngineStatistics {
  /** Instructions retired at EL0 to EL3. */
  readonly instructionsByEl: readonly number[];
  /** Exceptions taken, by class ("SVC", "IRQ", "Data Abort"). */
  readonly exceptions: Readonly<Record<string, number>>;
  /** Whatever else the engine counts: instructions by tier, regions, TLB misses. */
  readonly [more: string]: unknown;
}

/** The processing elements and their memory, as the board drives them. */
export interface Engine extends Processors {
  /** The physical address space; RAM is in it already. */
  readonly physical: PhysicalMemory;
  /** Linear memory, through which RAM is reached. */
  readonly bytes: Uint8Array;
  /** The PE's interrupt inputs. */
  inputs(pe: number): PeOutputs;
  connect(pe: number, cpuInterface: CpuInterface, timers: GenericTimers): void;
  /** Cold-resets the PE and lets it run from `state`. */
  start(pe: number, state: StartState): void;
  /** The PE is powered off: it doesn't run until started. */
  powerOff(pe: number): void;
  isOn(pe: number): boolean;
  /** The PE waits as after WFI. */
  standBy(pe: number): void;
  /** RAM was changed from outside a PE: code made from it is stale. */
  memoryWritten(address: number, size: number): void;
  /** Names for {@link readRegister}: X0..X30, SP, PC, PSTATE, V0..V31, FPCR, FPSR and the system registers. */
  readonly registerNames: readonly string[];
  readRegister(pe: number, name: string): bigint;
  writeRegister(pe: number, name: string, value: bigint): void;
  /** The physical address that a privileged read at `address` reaches now, or undefined when it would fault. */
  translate(pe: number, address: bigint): number | undefined;
  /** Everything that a PE's state consists of, RAM excepted. */
  stateParts(): Iterable<StatePart>;
  statistics(): EngineStatistics;
}

export type EngineFactory = (options: EngineOptions) => Engine | Promise<Engine>;
