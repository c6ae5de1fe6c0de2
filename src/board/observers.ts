import { combinePeObservers, type PeObserver } from "../cpu/observer.js";
import type { ProcessingElement } from "../cpu/processing-element.js";
import type { InterruptObserver } from "../ports/index.js";

/** What observers may ask of the machine that they watch. */
export interface ObservedMachine {
  readonly processors: readonly ProcessingElement[];
  /** Machine time in nanoseconds since power-on. */
  now(): number;
  /** Instructions retired by all PEs. */
  instructions(): number;
  /** Who raises an SPI or PPI ("pl011", "virtual timer"), or what else an INTID is. */
  interruptName(intid: number): string;
}

/**
 * Watches a machine: logs, traces, counters. It sees what happens and changes nothing. A machine without observers pays
 * nothing for them.
 */
export interface MachineObserver {
  readonly processors?: Partial<PeObserver>;
  readonly interrupts?: Partial<InterruptObserver>;
  /** Whether {@link PeObserver.executing} is to be called. */
  readonly observesInstructions?: boolean;
  /** A PE is about to access a device. */
  deviceAccessed?(pe: number, device: string, write: boolean): void;
  /** The machine is made and has not started. */
  attach?(machine: ObservedMachine): void;
}

/** Several observers as the parts of a machine want them: each undefined when nobody watches it. */
export interface CombinedObservers {
  readonly processors: PeObserver | undefined;
  readonly interrupts: InterruptObserver | undefined;
  readonly observesInstructions: boolean;
  readonly deviceAccessed: ((pe: number, device: string, write: boolean) => void) | undefined;
}

export function combineObservers(observers: readonly MachineObserver[]): CombinedObservers {
  const devices = observers.filter((o) => o.deviceAccessed);
  return {
    processors: combinePeObservers(observers.flatMap((o) => o.processors ?? [])),
    interrupts: combineInterruptObservers(observers.flatMap((o) => o.interrupts ?? [])),
    observesInstructions: observers.some((o) => o.observesInstructions),
    deviceAccessed:
      devices.length === 0
        ? undefined
        : (pe, device, write) => {
            for (const o of devices) o.deviceAccessed!(pe, device, write);
          },
  };
}

function combineInterruptObservers(observers: readonly Partial<InterruptObserver>[]): InterruptObserver | undefined {
  if (observers.length === 0) return undefined;
  return {
    wire: (intid, pe, level) => {
      for (const o of observers) o.wire?.(intid, pe, level);
    },
    sgi: (intid, from, to) => {
      for (const o of observers) o.sgi?.(intid, from, to);
    },
    message: (intid, pe) => {
      for (const o of observers) o.message?.(intid, pe);
    },
    signals: (pe, intid) => {
      for (const o of observers) o.signals?.(pe, intid);
    },
    acknowledged: (pe, intid, virtual) => {
      for (const o of observers) o.acknowledged?.(pe, intid, virtual);
    },
    ended: (pe, intid, virtual) => {
      for (const o of observers) o.ended?.(pe, intid, virtual);
    },
  };
}
