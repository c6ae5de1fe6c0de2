import type { GicState } from "./gic-state.js";
import { minimumBinaryPoint, type PeState } from "./pe-state.js";
import {
  activatePriority,
  canPreempt,
  dropPriority,
  nonSecureView,
  runningGroup,
  runningPriority,
  usesBinaryPoint0,
} from "./priority.js";
import {
  firstLpi,
  Group,
  type IccContext,
  idlePriority,
  intidNonSecure,
  intidSecure,
  intidSpurious,
  priorityBits,
  priorityMask,
} from "./types.js";

/** The system registers of the CPU interface. With 5 priority bits, AP0R1-3 and AP1R1-3 don't exist (8.2.1). */
export type IccRegisterName =
  | "ICC_AP0R0_EL1"
  | "ICC_AP1R0_EL1"
  | "ICC_ASGI1R_EL1"
  | "ICC_BPR0_EL1"
  | "ICC_BPR1_EL1"
  | "ICC_CTLR_EL1"
  | "ICC_CTLR_EL3"
  | "ICC_DIR_EL1"
  | "ICC_EOIR0_EL1"
  | "ICC_EOIR1_EL1"
  | "ICC_HPPIR0_EL1"
  | "ICC_HPPIR1_EL1"
  | "ICC_IAR0_EL1"
  | "ICC_IAR1_EL1"
  | "ICC_IGRPEN0_EL1"
  | "ICC_IGRPEN1_EL1"
  | "ICC_IGRPEN1_EL3"
  | "ICC_PMR_EL1"
  | "ICC_RPR_EL1"
  | "ICC_SGI0R_EL1"
  | "ICC_SGI1R_EL1"
  | "ICC_SRE_EL1"
  | "ICC_SRE_EL2"
  | "ICC_SRE_EL3";

interface RegisterAccess {
  read?(cpu: CpuInterface, context: IccContext): number;
  write?(cpu: CpuInterface, value: number, context: IccContext): void;
}

/** ICC_CTLR_EL1 and EL3: A3V, 24-bit INTIDs, PRIbits. */
const controlConstants = (1 << 15) | (1 << 11) | ((priorityBits - 1) << 8);

/**
 * The CPU interface of one PE (IHI 0069, chapter 4 and 12.2). Traps, UNDEFINED accesses, and the redirection to ICV_*
 * by HCR_EL2.IMO and FMO are the caller's: every access that gets here is allowed.
 */
export class CpuInterface {
  readonly #gic: GicState;
  readonly #pe: PeState;

  constructor(gic: GicState, pe: PeState) {
    this.#gic = gic;
    this.#pe = pe;
  }

  /** The value of a register, an unsigned 32-bit number. Write-only registers read as zero. */
  read(register: IccRegisterName, context: IccContext): number {
    // The one that every interrupt needs doesn't look itself up.
    if (register === "ICC_IAR1_EL1") return this.acknowledge(true, context);
    return registers[register].read?.(this, context) ?? 0;
  }

  /**
   * Writes a register; read-only registers ignore it. Numbers are taken as unsigned; of the SGI registers' 64 bits,
   * pass a bigint, or use {@link generateSgi}.
   */
  write(register: IccRegisterName, value: number | bigint, context: IccContext): void {
    const access = registers[register];
    if (typeof value === "bigint") {
      const kind = sgiRegisters[register];
      if (kind !== undefined) {
        this.generateSgi(kind, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn), context);
        return;
      }
      value = Number(value & 0xffff_ffffn);
    }
    access.write?.(this, value, context);
  }

  /** As {@link write}, from 32-bit halves. */
  writeWords(register: IccRegisterName, low: number, high: number, context: IccContext): void {
    if (register === "ICC_EOIR1_EL1") this.endOfInterrupt(true, low, context);
    else {
      const kind = sgiRegisters[register];
      if (kind !== undefined) this.generateSgi(kind, low, high, context);
      else registers[register].write?.(this, low >>> 0, context);
    }
  }

  /** ICC_IAR0_EL1, ICC_IAR1_EL1: acknowledges the highest priority pending interrupt, or returns a special INTID. */
  acknowledge(group1: boolean, context: IccContext): number {
    const pe = this.#pe;
    const group = pe.pendingGroup;
    if (pe.pendingIntid === intidSpurious || !canPreempt(pe.icc, pe.pendingPriority, group)) return intidSpurious;
    const intid = this.highestPending(group1, context);
    if (intid >= intidSecure && intid <= intidSpurious) return intid;
    this.#gic.options.observer?.acknowledged(pe.index, intid, false);
    activatePriority(pe.icc, pe.pendingPriority, group);
    this.#gic.activate(pe, intid);
    // Now active, an SPI is nobody's candidate: only this PE's choice changes.
    this.#gic.update(pe);
    return intid;
  }

  /** ICC_HPPIR0_EL1, ICC_HPPIR1_EL1: the interrupt as far as the accessing Security state may see it. */
  highestPending(group1: boolean, context: IccContext): number {
    const pe = this.#pe;
    if (pe.pendingIntid === intidSpurious) return intidSpurious;
    const group = pe.pendingGroup;
    const single = this.#gic.disableSecurity;
    if (!group1) {
      if (group === Group.group0) return single || isSecure(context) ? pe.pendingIntid : intidSpurious;
      // EL3 learns for which Security state the interrupt is.
      if (context.el !== 3) return intidSpurious;
      return group === Group.secureGroup1 ? intidSecure : intidNonSecure;
    }
    if (group === Group.group0 || !this.#mayHandle(group, context)) return intidSpurious;
    return pe.pendingIntid;
  }

  /** A Security state handles its own Group 1; EL3 handles both. */
  #mayHandle(group: Group, context: IccContext): boolean {
    if (this.#gic.disableSecurity || context.el === 3) return true;
    return (group === Group.secureGroup1) === isSecure(context);
  }

  /** ICC_EOIR0_EL1, ICC_EOIR1_EL1: drops the running priority, and deactivates `intid` unless EOImode is 1. */
  endOfInterrupt(group1: boolean, intid: number, context: IccContext): void {
    intid &= 0xff_ffff;
    const gic = this.#gic;
    const pe = this.#pe;
    if (intid < firstLpi && gic.bankOf(pe, intid) === undefined) return;
    const group = runningGroup(pe.icc);
    if (group === -1 || (group !== Group.group0) !== group1) return;
    if (group1 ? !this.#mayHandle(group, context) : !gic.disableSecurity && !isSecure(context)) return;
    gic.options.observer?.ended(pe.index, intid, false);
    dropPriority(pe.icc, group);
    if (intid < firstLpi && !this.#eoiMode(context)) {
      gic.deactivate(pe, intid);
      // That of an SGI or PPI has driven this PE's wires.
      if (intid < 32) return;
    }
    gic.signal(pe);
  }

  /** ICC_DIR_EL1: deactivates `intid`, when EOImode is 1 and the group is the accessing state's to handle. */
  deactivate(intid: number, context: IccContext): void {
    intid &= 0xff_ffff;
    const gic = this.#gic;
    const pe = this.#pe;
    const bank = gic.bankOf(pe, intid);
    if (bank === undefined || !this.#eoiMode(context)) return;
    const index = intid - bank.firstIntid;
    const group = gic.groupOf(bank, index >> 5, index & 31);
    if (context.el !== 3) {
      if (group === Group.group0 ? context.scrFiq : context.scrIrq) return;
      if (gic.isRestricted(isSecure(context)) && group !== Group.nonSecureGroup1) return;
    }
    gic.deactivate(pe, intid);
  }

  #eoiMode(context: IccContext): boolean {
    return this.#pe.icc.eoiMode[context.el === 3 ? 2 : bankIndex(context)]!;
  }

  /**
   * ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1 (`kind`): makes an SGI pending on the PEs that the value names.
   * `low` and `high` are its 32-bit halves: TargetList, Aff1, INTID; Aff2, IRM, RS, Aff3.
   */
  generateSgi(kind: SgiKind, low: number, high: number, context: IccContext): void {
    const intid = (low >>> 24) & 15;
    const nonSecure = !isSecure(context) || this.#gic.options.security === "single";
    let group: Group = Group.group0;
    if (kind === "SGI1R") group = nonSecure ? Group.nonSecureGroup1 : Group.secureGroup1;
    else if (kind === "ASGI1R") group = nonSecure ? Group.secureGroup1 : Group.nonSecureGroup1;
    const { pes } = this.#gic;
    if (high & (1 << 8)) {
      for (let index = 0; index < pes.length; index++)
        if (index !== this.#pe.index) this.#receiveSgi(pes[index]!, intid, group, nonSecure);
      return;
    }
    const cluster = (((high & 0xff_0000) << 8) | ((high & 0xff) << 16) | ((low >>> 8) & 0xff00)) >>> 0;
    const first = ((high >>> 12) & 15) * 16;
    for (let index = 0; index < pes.length; index++) {
      const { affinity } = pes[index]!;
      const bit = (affinity & 0xff) - first;
      if ((affinity & 0xffff_ff00) >>> 0 === cluster && bit >= 0 && bit < 16 && (low >>> bit) & 1)
        this.#receiveSgi(pes[index]!, intid, group, nonSecure);
    }
  }

  /** The target Redistributor takes an SGI when it is configured in the group asked for, NSACR permitting (8.5.1, GICR_NSACR). */
  #receiveSgi(target: PeState, intid: number, asked: Group, nonSecure: boolean): void {
    const gic = this.#gic;
    const { interrupts } = target;
    const group = gic.groupOf(interrupts, 0, intid);
    // A Secure Group 1 request reaches an SGI that is configured as Group 0.
    if (group !== asked && !(asked === Group.secureGroup1 && group === Group.group0)) return;
    if (nonSecure && !gic.disableSecurity && group !== Group.nonSecureGroup1) {
      const access = (interrupts.nonSecureAccess[0]! >>> (intid * 2)) & 3;
      if (access < (group === Group.group0 ? 1 : 2)) return;
    }
    gic.options.observer?.sgi(intid, this.#pe.index, target.index);
    interrupts.latched[0]! |= 1 << intid;
    gic.update(target);
  }

  /** Non-secure software sees half the range of priorities while FIQs go to EL3 (4.8.1). */
  #seesHalfRange(context: IccContext): boolean {
    return !this.#gic.disableSecurity && context.scrFiq && !isSecure(context);
  }

  readPmr(context: IccContext): number {
    const { pmr } = this.#pe.icc;
    return this.#seesHalfRange(context) ? nonSecureView(pmr) : pmr;
  }

  writePmr(value: number, context: IccContext): void {
    const { icc } = this.#pe;
    value &= 0xff;
    if (this.#seesHalfRange(context)) {
      // A Secure priority mask is out of Non-secure software's reach.
      if (!(icc.pmr & 0x80)) return;
      value = 0x80 | (value >> 1);
    }
    icc.pmr = value & priorityMask;
    this.#gic.signal(this.#pe);
  }

  readRpr(context: IccContext): number {
    const priority = runningPriority(this.#pe.icc);
    return priority !== idlePriority && this.#seesHalfRange(context) ? nonSecureView(priority) : priority;
  }

  /** ICC_BPR1_EL1 as the context sees it: an alias of ICC_BPR0_EL1 below EL3 while CBPR is set (12.2.5). */
  readBpr1(context: IccContext): number {
    const { icc } = this.#pe;
    const group = this.group1(context);
    if (context.el === 3 || !usesBinaryPoint0(icc, group)) return icc.bpr[group]!;
    const binaryPoint = icc.bpr[Group.group0]!;
    return group === Group.nonSecureGroup1 ? Math.min(binaryPoint + 1, 7) : binaryPoint;
  }

  writeBpr1(value: number, context: IccContext): void {
    const group = this.group1(context);
    if (context.el === 3 || !usesBinaryPoint0(this.#pe.icc, group)) this.writeBpr(group, value);
    else if (group === Group.secureGroup1) this.writeBpr(Group.group0, value);
  }

  readBpr(group: Group): number {
    return this.#pe.icc.bpr[group]!;
  }

  /** Values below the smallest that 5 priority bits allow become that. */
  writeBpr(group: Group, value: number): void {
    const minimum = group === Group.nonSecureGroup1 ? minimumBinaryPoint + 1 : minimumBinaryPoint;
    this.#pe.icc.bpr[group] = Math.max(value & 7, minimum);
    this.#gic.signal(this.#pe);
  }

  /** The Group 1 registers that a context reaches: banked by SCR_EL3.NS where there are two Security states. */
  group1(context: IccContext): Group {
    const nonSecure = this.#gic.options.security === "single" || context.scrNs;
    return nonSecure ? Group.nonSecureGroup1 : Group.secureGroup1;
  }

  readActivePriorities(group: Group): number {
    return this.#pe.icc.activePriorities[group]! >>> 0;
  }

  writeActivePriorities(group: Group, value: number): void {
    this.#pe.icc.activePriorities[group] = value | 0;
    this.#gic.signal(this.#pe);
  }

  /** Non-secure software can't claim or drop an active priority of the Secure half: it could keep Secure interrupts away. */
  writeActivePriorities1(value: number, context: IccContext): void {
    const group = this.group1(context);
    if (this.#gic.isRestricted(isSecure(context)))
      value = (value & 0xffff_0000) | (this.#pe.icc.activePriorities[group]! & 0xffff);
    this.writeActivePriorities(group, value);
  }

  groupEnable(group: Group): number {
    return this.#pe.icc.groupEnable[group] ? 1 : 0;
  }

  setGroupEnable(group: Group, enabled: boolean): void {
    const { icc } = this.#pe;
    if (icc.groupEnable[group] === enabled) return;
    icc.groupEnable[group] = enabled;
    this.#gic.updateAll();
  }

  readControl(context: IccContext): number {
    const { icc } = this.#pe;
    const bank = this.#bank(context);
    return controlConstants | (icc.eoiMode[bank] ? 1 << 1 : 0) | (icc.commonBinaryPoint[bank] ? 1 : 0);
  }

  /** ICC_CTLR_EL1: with two Security states, CBPR is EL3's to set (12.2.6). PMHE is RAZ/WI: 1-of-N takes no hint. */
  writeControl(value: number, context: IccContext): void {
    const { icc } = this.#pe;
    const bank = this.#bank(context);
    icc.eoiMode[bank] = (value & 2) !== 0;
    if (this.#gic.disableSecurity) icc.commonBinaryPoint[bank] = (value & 1) !== 0;
    this.#gic.signal(this.#pe);
  }

  #bank(context: IccContext): number {
    return this.#gic.options.security === "single" ? 1 : bankIndex(context);
  }

  /** ICC_CTLR_EL3 (12.2.7); RM is RES0: there is no AArch32 state at EL3. */
  readControlEl3(): number {
    const { eoiMode, commonBinaryPoint } = this.#pe.icc;
    let value = controlConstants;
    if (commonBinaryPoint[0]) value |= 1 << 0;
    if (commonBinaryPoint[1]) value |= 1 << 1;
    if (eoiMode[2]) value |= 1 << 2;
    if (eoiMode[0]) value |= 1 << 3;
    if (eoiMode[1]) value |= 1 << 4;
    return value;
  }

  writeControlEl3(value: number): void {
    const { icc } = this.#pe;
    const bit = (n: number) => ((value >>> n) & 1) === 1;
    icc.commonBinaryPoint = [bit(0), bit(1)];
    icc.eoiMode = [bit(3), bit(4), bit(2)];
    this.#gic.signal(this.#pe);
  }

  /** The PE executes elsewhere now: with two Security states it depends on that which of IRQ and FIQ is asserted (4.6.2). */
  executionStateChanged(): void {
    const pe = this.#pe;
    const { el, secure } = pe.execution;
    if (pe.signalledAtEl3 !== (el === 3) || pe.signalledSecure !== secure) this.#gic.signal(pe);
  }
}

export type SgiKind = "SGI0R" | "SGI1R" | "ASGI1R";

const sgiRegisters: Partial<Record<IccRegisterName, SgiKind>> = {
  ICC_SGI0R_EL1: "SGI0R",
  ICC_SGI1R_EL1: "SGI1R",
  ICC_ASGI1R_EL1: "ASGI1R",
};

const isSecure = (context: IccContext): boolean => context.el === 3 || !context.scrNs;
const bankIndex = (context: IccContext): number => (context.scrNs ? 1 : 0);

const systemRegisterEnable = (value: number): RegisterAccess => ({ read: () => value });
const sgi = (kind: SgiKind): RegisterAccess => ({
  write: (cpu, value, context) => cpu.generateSgi(kind, value >>> 0, Math.floor(value / 2 ** 32) >>> 0, context),
});

const registers: Readonly<Record<IccRegisterName, RegisterAccess>> = {
  ICC_IAR0_EL1: { read: (cpu, context) => cpu.acknowledge(false, context) },
  ICC_IAR1_EL1: { read: (cpu, context) => cpu.acknowledge(true, context) },
  ICC_HPPIR0_EL1: { read: (cpu, context) => cpu.highestPending(false, context) },
  ICC_HPPIR1_EL1: { read: (cpu, context) => cpu.highestPending(true, context) },
  ICC_EOIR0_EL1: { write: (cpu, value, context) => cpu.endOfInterrupt(false, value, context) },
  ICC_EOIR1_EL1: { write: (cpu, value, context) => cpu.endOfInterrupt(true, value, context) },
  ICC_DIR_EL1: { write: (cpu, value, context) => cpu.deactivate(value, context) },
  ICC_SGI0R_EL1: sgi("SGI0R"),
  ICC_SGI1R_EL1: sgi("SGI1R"),
  ICC_ASGI1R_EL1: sgi("ASGI1R"),
  ICC_PMR_EL1: {
    read: (cpu, context) => cpu.readPmr(context),
    write: (cpu, value, context) => cpu.writePmr(value, context),
  },
  ICC_RPR_EL1: { read: (cpu, context) => cpu.readRpr(context) },
  ICC_BPR0_EL1: {
    read: (cpu) => cpu.readBpr(Group.group0),
    write: (cpu, value) => cpu.writeBpr(Group.group0, value),
  },
  ICC_BPR1_EL1: {
    read: (cpu, context) => cpu.readBpr1(context),
    write: (cpu, value, context) => cpu.writeBpr1(value, context),
  },
  ICC_AP0R0_EL1: {
    read: (cpu) => cpu.readActivePriorities(Group.group0),
    write: (cpu, value) => cpu.writeActivePriorities(Group.group0, value),
  },
  ICC_AP1R0_EL1: {
    read: (cpu, context) => cpu.readActivePriorities(cpu.group1(context)),
    write: (cpu, value, context) => cpu.writeActivePriorities1(value, context),
  },
  ICC_CTLR_EL1: {
    read: (cpu, context) => cpu.readControl(context),
    write: (cpu, value, context) => cpu.writeControl(value, context),
  },
  ICC_CTLR_EL3: {
    read: (cpu) => cpu.readControlEl3(),
    write: (cpu, value) => cpu.writeControlEl3(value),
  },
  ICC_IGRPEN0_EL1: {
    read: (cpu) => cpu.groupEnable(Group.group0),
    write: (cpu, value) => cpu.setGroupEnable(Group.group0, (value & 1) !== 0),
  },
  ICC_IGRPEN1_EL1: {
    read: (cpu, context) => cpu.groupEnable(cpu.group1(context)),
    write: (cpu, value, context) => cpu.setGroupEnable(cpu.group1(context), (value & 1) !== 0),
  },
  ICC_IGRPEN1_EL3: {
    read: (cpu) => cpu.groupEnable(Group.nonSecureGroup1) | (cpu.groupEnable(Group.secureGroup1) << 1),
    write: (cpu, value) => {
      cpu.setGroupEnable(Group.nonSecureGroup1, (value & 1) !== 0);
      cpu.setGroupEnable(Group.secureGroup1, (value & 2) !== 0);
    },
  },
  // SRE, DFB and DIB (and Enable) read as one: there is no memory-mapped CPU interface.
  ICC_SRE_EL1: systemRegisterEnable(0b0111),
  ICC_SRE_EL2: systemRegisterEnable(0b1111),
  ICC_SRE_EL3: systemRegisterEnable(0b1111),
};
