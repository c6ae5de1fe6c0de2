import type { ProcessingElement } from "./processing-element.js";

/**
 * Watches processing elements: logs, traces, counters. It sees what happens and changes nothing, so that a machine that is
 * observed runs as one that isn't. Calls come in the order of execution; `pe.counter.retired` is exact in each, and leaves out
 * the instruction under way.
 */
export interface PeObserver {
  /**
   * An exception is about to be taken. pc (the preferred return address) and PSTATE are still those that it comes from; FAR_ELx
   * and HPFAR_EL2 are written. `esr` as ESR_ELx will have it, -1 for interrupts; `vector` the offset from VBAR_ELx.
   */
  exceptionTaken(pe: ProcessingElement, target: number, esr: number, vector: number): void;
  /** A monitor has served the exception that was taken last: the PE is where it goes on. */
  exceptionServed(pe: ProcessingElement): void;
  /** An ERET at level `from` is done: pc and PSTATE are the new ones. */
  exceptionReturned(pe: ProcessingElement, from: number): void;
  /** An access (AccessKind) missed the TLB; the walker has the result and the descriptors that it read. */
  translated(pe: ProcessingElement, kind: number, ok: boolean): void;
  /** An instruction of the observed instruction set (isa/observed.ts) is about to be executed; see `observedEvent`. */
  executing(pe: ProcessingElement, event: number): void;
  /** WFI or WFE began to wait, or a wait ended. */
  waits(pe: ProcessingElement, waiting: boolean): void;
  /** The PE was powered on (reset, pc set) or off. */
  powered(pe: ProcessingElement, on: boolean): void;
}

/** One observer that tells each of several what it asks for; undefined for none. */
export function combinePeObservers(observers: readonly Partial<PeObserver>[]): PeObserver | undefined {
  if (observers.length === 0) return undefined;
  const exceptionTaken = observers.filter((o) => o.exceptionTaken);
  const exceptionServed = observers.filter((o) => o.exceptionServed);
  const exceptionReturned = observers.filter((o) => o.exceptionReturned);
  const translated = observers.filter((o) => o.translated);
  const executing = observers.filter((o) => o.executing);
  const waits = observers.filter((o) => o.waits);
  const powered = observers.filter((o) => o.powered);
  return {
    exceptionTaken: (pe, target, esr, vector) => {
      for (const o of exceptionTaken) o.exceptionTaken!(pe, target, esr, vector);
    },
    exceptionServed: (pe) => {
      for (const o of exceptionServed) o.exceptionServed!(pe);
    },
    exceptionReturned: (pe, from) => {
      for (const o of exceptionReturned) o.exceptionReturned!(pe, from);
    },
    translated: (pe, kind, ok) => {
      for (const o of translated) o.translated!(pe, kind, ok);
    },
    executing: (pe, event) => {
      for (const o of executing) o.executing!(pe, event);
    },
    waits: (pe, waiting) => {
      for (const o of waits) o.waits!(pe, waiting);
    },
    powered: (pe, on) => {
      for (const o of powered) o.powered!(pe, on);
    },
  };
}
