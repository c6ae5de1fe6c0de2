import type { Dma, IrqLine } from "../ports/index.js";
import { InterruptBank, type SavedInterruptBank } from "./interrupt-bank.js";
import { LpiState, type SavedLpis } from "./lpi.js";
import { type ExecutionState, Group, idlePriority, intidSpurious, type PeOutputs, priorityBits } from "./types.js";

const nonSecureEl1: ExecutionState = { el: 1, secure: false };

/** Smallest binary point for Group 0 and Secure Group 1; Non-secure Group 1's is one more (IHI 0069, 4.8.2). */
export const minimumBinaryPoint = 7 - priorityBits;

/** A wire that remembers its level, so that it is driven on changes only. */
export class OutputWire {
  level = false;
  readonly #line: IrqLine | undefined;

  constructor(line: IrqLine | undefined) {
    this.#line = line;
  }

  set(level: boolean): void {
    if (level === this.level) return;
    this.level = level;
    this.#line?.set(level);
  }
}

/** The registers of the CPU interface. Arrays are indexed by {@link Group} or by security state (0 Secure, 1 Non-secure). */
export interface CpuInterfaceRegisters {
  pmr: number;
  /** By group: ICC_BPR0, Secure ICC_BPR1, Non-secure ICC_BPR1. */
  bpr: number[];
  /** By group: ICC_IGRPEN0, Secure and Non-secure ICC_IGRPEN1. */
  groupEnable: boolean[];
  /** By group: bit n is set while an interrupt of group priority `n << 3` is active. */
  activePriorities: number[];
  /** ICC_CTLR_EL1.CBPR by security state. */
  commonBinaryPoint: boolean[];
  /** ICC_CTLR_EL1.EOImode by security state, then ICC_CTLR_EL3.EOImode_EL3. */
  eoiMode: boolean[];
}

/** The registers after a reset; the virtual CPU interface's alike. */
export const resetCpuInterface = (): CpuInterfaceRegisters => ({
  pmr: 0,
  bpr: [minimumBinaryPoint, minimumBinaryPoint, minimumBinaryPoint + 1],
  groupEnable: [false, false, false],
  activePriorities: [0, 0, 0],
  commonBinaryPoint: [false, false],
  eoiMode: [false, false, false],
});

export interface SavedPe {
  interrupts: SavedInterruptBank;
  processorSleep: boolean;
  cpuInterface: CpuInterfaceRegisters;
  lpis?: SavedLpis;
}

/** What the GIC holds for one PE: its SGIs and PPIs, its Redistributor's registers, its CPU interface. */
export class PeState {
  readonly index: number;
  readonly affinity: number;
  readonly interrupts = new InterruptBank(0, 1);
  /** GICR_WAKER.ProcessorSleep. */
  processorSleep = true;
  icc = resetCpuInterface();
  /** By group: -1 where interrupts may be forwarded, to the CPU interface or for WakeRequest, else 0. See GicState.updateAll. */
  readonly forwarded = new Int32Array(3);
  /** Where the PE executes now, and what of that IRQ and FIQ were driven for last. */
  readonly execution: ExecutionState;
  signalledAtEl3 = false;
  signalledSecure = false;
  /** The highest priority pending interrupt that is forwarded to the CPU interface; {@link intidSpurious} for none. */
  pendingIntid = intidSpurious;
  pendingPriority = idlePriority;
  pendingGroup: Group = Group.group0;
  /** What observers were told last that is signalled. */
  signalledIntid: number | undefined;
  /** LPIs, where there are any. */
  readonly lpis: LpiState | undefined;
  readonly irq: OutputWire;
  readonly fiq: OutputWire;
  readonly wakeRequest: OutputWire;

  constructor(
    index: number,
    affinity: number,
    outputs: PeOutputs,
    execution: ExecutionState | undefined,
    dma: Dma | undefined,
  ) {
    this.index = index;
    this.affinity = affinity;
    this.execution = execution ?? nonSecureEl1;
    this.lpis = dma && new LpiState(dma);
    this.irq = new OutputWire(outputs.irq);
    this.fiq = new OutputWire(outputs.fiq);
    this.wakeRequest = new OutputWire(outputs.wakeRequest);
    this.reset();
  }

  /** Cold reset; input wires keep their level. */
  reset(): void {
    const { interrupts } = this;
    for (const array of [interrupts.enabled, interrupts.latched, interrupts.active, interrupts.group]) array.fill(0);
    interrupts.groupModifier.fill(0);
    interrupts.nonSecureAccess.fill(0);
    interrupts.priority.fill(0);
    interrupts.edge[0] = 0xffff;
    this.processorSleep = true;
    this.icc = resetCpuInterface();
    this.lpis?.reset();
  }

  save(): SavedPe {
    return {
      interrupts: this.interrupts.save(),
      processorSleep: this.processorSleep,
      cpuInterface: structuredClone(this.icc),
      ...(this.lpis && { lpis: this.lpis.save() }),
    };
  }

  restore(saved: SavedPe): void {
    this.interrupts.restore(saved.interrupts);
    this.processorSleep = saved.processorSleep;
    this.icc = structuredClone(saved.cpuInterface);
    if (saved.lpis !== undefined) this.lpis?.restore(saved.lpis);
  }
}
