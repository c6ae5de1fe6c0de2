import type { Dma, InterruptObserver, IrqLine, Log } from "../ports/index.js";

/** Interrupt groups (IHI 0069, 4.6). With a single Security state, Group 1 is {@link Group.nonSecureGroup1}. */
export const Group = { group0: 0, secureGroup1: 1, nonSecureGroup1: 2 } as const;
export type Group = (typeof Group)[keyof typeof Group];

/** Priority bits that are implemented: 32 levels, in steps of 8, all of them preemption levels. */
export const priorityBits = 5;
export const priorityMask = (0xff << (8 - priorityBits)) & 0xff;

/** The priority value below every interrupt's: nothing is pending, or nothing is active. */
export const idlePriority = 0xff;

/** Special INTIDs (IHI 0069, 2.2.1). */
export const intidSecure = 1020;
export const intidNonSecure = 1021;
export const intidSpurious = 1023;
export const firstLpi = 8192;

/** Who accesses a system register: what the pseudocode of IHI 0069 asks of the PE. */
export interface IccContext {
  readonly el: 0 | 1 | 2 | 3;
  /** SCR_EL3.NS; true on a PE without EL3. */
  readonly scrNs: boolean;
  /** SCR_EL3.FIQ: FIQs are taken to EL3. */
  readonly scrFiq: boolean;
  /** SCR_EL3.IRQ: IRQs are taken to EL3. */
  readonly scrIrq: boolean;
}

/** The context of software on a PE without EL3. */
export const nonSecureContext = (el: 0 | 1 | 2): IccContext => ({ el, scrNs: true, scrFiq: false, scrIrq: false });

/** Where a PE executes, as far as that decides between IRQ and FIQ (IHI 0069, 4.6.2). */
export interface ExecutionState {
  /** PSTATE.EL. */
  readonly el: number;
  /** Whether it is in Secure state, as at EL3 always. */
  readonly secure: boolean;
}

/** The wires from the GIC to one PE. */
export interface PeOutputs {
  readonly irq: IrqLine;
  readonly fiq: IrqLine;
  readonly virq?: IrqLine;
  readonly vfiq?: IrqLine;
  /** WakeRequest: an interrupt is pending for a PE whose GICR_WAKER.ProcessorSleep is 1 (IHI 0069, 11.1). */
  readonly wakeRequest?: IrqLine;
}

export interface GicOptions {
  /** One 32-bit Aff3.Aff2.Aff1.Aff0 per PE, in the order of their Redistributors. */
  readonly peAffinities: readonly number[];
  /** A multiple of 32, at most 960. */
  readonly spiCount: number;
  /** `single`: GICD_CTLR.DS is RAO/WI. `two`: Secure and Non-secure state, until software sets DS. */
  readonly security: "single" | "two";
  /** As Secure firmware leaves it to an operating system: interrupts reset into Non-secure Group 1, Redistributors awake. */
  readonly startsNonSecure?: boolean;
  readonly outputs: readonly PeOutputs[];
  /** By PE, looked at whenever a wire is driven; EL1 in Non-secure state unless given. Needed with two Security states. */
  readonly execution?: readonly ExecutionState[];
  readonly log: Log;
  readonly observer?: InterruptObserver;
  /** Guest memory, where LPIs have their tables. Without it there are no LPIs and no ITS. */
  readonly dma?: Dma;
}
