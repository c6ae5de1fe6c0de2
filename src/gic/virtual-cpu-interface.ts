import type { GicState } from "./gic-state.js";
import {
  type CpuInterfaceRegisters,
  minimumBinaryPoint,
  OutputWire,
  type PeState,
  resetCpuInterface,
} from "./pe-state.js";
import { activatePriority, canPreempt, groupPriorityMask, runningGroup, runningPriority } from "./priority.js";
import { firstLpi, Group, intidSecure, intidSpurious, priorityBits, priorityMask } from "./types.js";

/** List registers that are implemented (ICH_VTR_EL2.ListRegs), as on QEMU's cores. */
export const listRegisterCount = 4;

/** PPI of the maintenance interrupt. */
export const maintenanceIntid = 25;

type ListRegisterName = "ICH_LR0_EL2" | "ICH_LR1_EL2" | "ICH_LR2_EL2" | "ICH_LR3_EL2";

/** ICH_*: the hypervisor's registers. ICV_*: what a guest reaches under the ICC_* names while HCR_EL2.IMO or FMO is set. */
export type VirtualRegisterName =
  | ListRegisterName
  | "ICH_AP0R0_EL2"
  | "ICH_AP1R0_EL2"
  | "ICH_EISR_EL2"
  | "ICH_ELRSR_EL2"
  | "ICH_HCR_EL2"
  | "ICH_MISR_EL2"
  | "ICH_VMCR_EL2"
  | "ICH_VTR_EL2"
  | "ICV_AP0R0_EL1"
  | "ICV_AP1R0_EL1"
  | "ICV_BPR0_EL1"
  | "ICV_BPR1_EL1"
  | "ICV_CTLR_EL1"
  | "ICV_DIR_EL1"
  | "ICV_EOIR0_EL1"
  | "ICV_EOIR1_EL1"
  | "ICV_HPPIR0_EL1"
  | "ICV_HPPIR1_EL1"
  | "ICV_IAR0_EL1"
  | "ICV_IAR1_EL1"
  | "ICV_IGRPEN0_EL1"
  | "ICV_IGRPEN1_EL1"
  | "ICV_PMR_EL1"
  | "ICV_RPR_EL1";

/** ICH_HCR_EL2 (IHI 0069, 12.4.5). TC, TALL0, TALL1, TSEI and TDIR are for the PE, which takes the traps. */
const HCR = {
  En: 1 << 0,
  UIE: 1 << 1,
  LRENPIE: 1 << 2,
  NPIE: 1 << 3,
  VGrp0EIE: 1 << 4,
  VGrp0DIE: 1 << 5,
  VGrp1EIE: 1 << 6,
  VGrp1DIE: 1 << 7,
  traps: 0b11111 << 10,
} as const;
const hcrWritable = 0xff | HCR.traps | (0x1f << 27);

/** ICH_LR<n>_EL2, bits of the high word: State, HW, Group, Priority, pINTID, and EOI in place of pINTID when HW is 0. */
const lrPending = 1 << 30;
const lrActive = 1 << 31;
const lrState = lrPending | lrActive;
const lrHardware = 1 << 29;
const lrGroup1 = 1 << 28;
const lrEoi = 1 << 9;
const lrWritable = lrState | lrHardware | lrGroup1 | (priorityMask << 16) | 0x1fff;

/** ICH_VTR_EL2: 5 priority and preemption bits, 24-bit vINTIDs, A3V, no direct injection (nV4), TDS. */
const virtualType =
  (((priorityBits - 1) << 29) |
    ((priorityBits - 1) << 26) |
    (1 << 23) |
    (1 << 21) |
    (1 << 20) |
    (1 << 19) |
    (listRegisterCount - 1)) >>>
  0;

/** ICV_CTLR_EL1 without CBPR and EOImode: A3V, 24-bit INTIDs, PRIbits. */
const controlConstants = (1 << 15) | (1 << 11) | ((priorityBits - 1) << 8);

export interface SavedVirtualCpuInterface {
  hcr: number;
  icv: CpuInterfaceRegisters;
  /** Low and high words of the list registers. */
  listRegisters: number[];
}

/** Virtual Group 1 keeps its registers where Non-secure Group 1 has them. */
const virtualGroup = (group1: boolean): Group => (group1 ? Group.nonSecureGroup1 : Group.group0);

/** The virtual CPU interface of one PE (IHI 0069, chapter 6): list registers, ICH_* and ICV_*, vIRQ, vFIQ, maintenance. */
export class VirtualCpuInterface {
  readonly #gic: GicState;
  readonly #pe: PeState;
  readonly #virq: OutputWire;
  readonly #vfiq: OutputWire;
  readonly #maintenance: OutputWire;
  readonly #lrs = new Int32Array(listRegisterCount * 2);
  #hcr = 0;
  #icv = resetCpuInterface();

  constructor(gic: GicState, pe: PeState) {
    this.#gic = gic;
    this.#pe = pe;
    const { virq, vfiq } = gic.options.outputs[pe.index]!;
    this.#virq = new OutputWire(virq);
    this.#vfiq = new OutputWire(vfiq);
    this.#maintenance = new OutputWire({ set: (level) => gic.setPpi(pe, maintenanceIntid, level) });
  }

  /** ICH_HCR_EL2, of whose trap bits the PE must know. */
  get hcr(): number {
    return this.#hcr >>> 0;
  }

  /** The value of a register: a bigint for list registers, an unsigned number for all others. Write-only ones read as zero. */
  read(register: VirtualRegisterName): number | bigint {
    const { list } = registers[register];
    return list === undefined ? this.readWord(register) : this.readListRegister(list);
  }

  /** As {@link read}, of a register that has 32 bits. */
  readWord(register: VirtualRegisterName): number {
    // The one that every interrupt needs doesn't look itself up.
    if (register === "ICV_IAR1_EL1") return this.acknowledge(true);
    return registers[register].read?.(this) ?? 0;
  }

  /** Writes a register; read-only registers ignore it. Numbers are taken as unsigned; list registers want a bigint. */
  write(register: VirtualRegisterName, value: number | bigint): void {
    const { list } = registers[register];
    if (list !== undefined) this.writeListRegister(list, BigInt(value));
    else this.writeWord(register, typeof value === "bigint" ? Number(value & 0xffff_ffffn) : value);
  }

  /** As {@link write}, of a register that has 32 bits. */
  writeWord(register: VirtualRegisterName, value: number): void {
    if (register === "ICV_EOIR1_EL1") this.endOfInterrupt(true, value);
    else registers[register].write?.(this, value >>> 0);
  }

  /** One half of a list register: 0 the low one, 1 the high one. Registers that aren't implemented read as zero. */
  readListRegisterWord(index: number, half: 0 | 1): number {
    return index < listRegisterCount ? this.#lrs[index * 2 + half]! : 0;
  }

  readListRegister(index: number): bigint {
    return (BigInt(this.#lrs[index * 2 + 1]! >>> 0) << 32n) | BigInt(this.#lrs[index * 2]! >>> 0);
  }

  writeListRegister(index: number, value: bigint): void {
    this.writeListRegisterWords(index, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  /** As {@link writeListRegister}, in 32-bit halves. Registers that aren't implemented ignore it. */
  writeListRegisterWords(index: number, low: number, high: number): void {
    if (index >= listRegisterCount) return;
    this.#lrs[index * 2] = low;
    this.#lrs[index * 2 + 1] = high & lrWritable;
    this.update();
  }

  /** The list register of the highest priority pending virtual interrupt of an enabled group, or -1. */
  #highestPending(): number {
    const lrs = this.#lrs;
    const { groupEnable } = this.#icv;
    let best = -1;
    let bestPriority = 0x100;
    for (let index = 0; index < listRegisterCount; index++) {
      const high = lrs[index * 2 + 1]!;
      if ((high & lrState) !== lrPending) continue;
      if (!groupEnable[high & lrGroup1 ? Group.nonSecureGroup1 : Group.group0]) continue;
      const priority = (high >>> 16) & 0xff;
      if (priority >= bestPriority) continue;
      best = index;
      bestPriority = priority;
    }
    return best;
  }

  #intid(index: number): number {
    return this.#lrs[index * 2]! >>> 0;
  }

  #priority(index: number): number {
    return (this.#lrs[index * 2 + 1]! >>> 16) & 0xff;
  }

  #group(index: number): Group {
    return virtualGroup((this.#lrs[index * 2 + 1]! & lrGroup1) !== 0);
  }

  /** Drives vIRQ, vFIQ and the maintenance interrupt. */
  update(): void {
    let virq = false;
    let vfiq = false;
    const enabled = (this.#hcr & HCR.En) !== 0;
    if (enabled) {
      const index = this.#highestPending();
      if (index >= 0 && canPreempt(this.#icv, this.#priority(index), this.#group(index))) {
        virq = this.#group(index) !== Group.group0;
        vfiq = !virq;
      }
    }
    if (this.#virq.level !== virq) this.#virq.set(virq);
    if (this.#vfiq.level !== vfiq) this.#vfiq.set(vfiq);
    const maintenance = enabled && this.maintenanceStatus() !== 0;
    if (this.#maintenance.level !== maintenance) this.#maintenance.set(maintenance);
  }

  /** ICV_IAR0_EL1, ICV_IAR1_EL1. */
  acknowledge(group1: boolean): number {
    // A disabled virtual CPU interface has spurious interrupts only (ICH_HCR_EL2.En).
    const index = this.#hcr & HCR.En ? this.#highestPending() : -1;
    const group = virtualGroup(group1);
    if (index < 0 || this.#group(index) !== group || !canPreempt(this.#icv, this.#priority(index), group))
      return intidSpurious;
    const intid = this.#intid(index);
    const high = index * 2 + 1;
    if (intid >= intidSecure && intid <= intidSpurious) this.#lrs[high]! &= ~lrPending;
    else {
      this.#gic.options.observer?.acknowledged(this.#pe.index, intid, true);
      activatePriority(this.#icv, this.#priority(index), group);
      this.#lrs[high] = (this.#lrs[high]! & ~lrPending) | lrActive;
    }
    this.update();
    return intid;
  }

  /** ICV_HPPIR0_EL1, ICV_HPPIR1_EL1. */
  highestPendingIntid(group1: boolean): number {
    const index = this.#highestPending();
    return index >= 0 && this.#group(index) === virtualGroup(group1) ? this.#intid(index) : intidSpurious;
  }

  /** ICV_EOIR0_EL1, ICV_EOIR1_EL1: drops the running virtual priority; deactivates when the interrupt is the one dropped. */
  endOfInterrupt(group1: boolean, intid: number): void {
    intid &= 0xff_ffff;
    if (intid >= intidSecure && intid <= intidSpurious) return;
    const icv = this.#icv;
    const dropped = runningPriority(icv);
    const running = runningGroup(icv);
    if (running === -1) return;
    this.#gic.options.observer?.ended(this.#pe.index, intid, true);
    icv.activePriorities[running]! &= icv.activePriorities[running]! - 1;
    const index = this.#findActive(intid);
    const group = virtualGroup(group1);
    if (index < 0) this.#countEoi(intid);
    else if (this.#group(index) === group && (this.#priority(index) & groupPriorityMask(icv, group)) === dropped) {
      if (!icv.eoiMode[1] || intid >= firstLpi) this.#deactivate(index);
    }
    this.update();
  }

  /** ICV_DIR_EL1; LPIs and special INTIDs have no active state to end. */
  deactivate(intid: number): void {
    intid &= 0xff_ffff;
    if (intid >= intidSecure || !this.#icv.eoiMode[1]) return;
    const index = this.#findActive(intid);
    if (index < 0) this.#countEoi(intid);
    else this.#deactivate(index);
    this.update();
  }

  #findActive(intid: number): number {
    for (let index = 0; index < listRegisterCount; index++)
      if (this.#lrs[index * 2 + 1]! & lrActive && this.#intid(index) === intid) return index;
    return -1;
  }

  /** ICH_HCR_EL2.EOIcount counts ends of interrupts that are in no list register; LPIs have no active state to end. */
  #countEoi(intid: number): void {
    if (intid < firstLpi) this.#hcr = (this.#hcr + (1 << 27)) | 0;
  }

  #deactivate(index: number): void {
    const high = this.#lrs[index * 2 + 1]!;
    this.#lrs[index * 2 + 1] = high & ~lrActive;
    if (!(high & lrHardware)) return;
    const physical = high & 0x1fff;
    if (physical < intidSecure) this.#gic.deactivate(this.#pe, physical);
  }

  /** ICH_EISR_EL2: list registers whose interrupt has ended, and that asked to be told. */
  endOfInterruptStatus(): number {
    let status = 0;
    for (let index = 0; index < listRegisterCount; index++)
      if ((this.#lrs[index * 2 + 1]! & (lrState | lrHardware | lrEoi)) === lrEoi) status |= 1 << index;
    return status;
  }

  /** ICH_ELRSR_EL2: list registers that are free. */
  emptyStatus(): number {
    let status = 0;
    for (let index = 0; index < listRegisterCount; index++) {
      const high = this.#lrs[index * 2 + 1]!;
      if ((high & lrState) === 0 && (high & (lrHardware | lrEoi)) !== lrEoi) status |= 1 << index;
    }
    return status;
  }

  /** ICH_MISR_EL2 (12.4.7). */
  maintenanceStatus(): number {
    const hcr = this.#hcr;
    const { groupEnable } = this.#icv;
    const lrs = this.#lrs;
    let valid = 0;
    let pending = false;
    let status = 0;
    for (let index = 0; index < listRegisterCount; index++) {
      const high = lrs[index * 2 + 1]!;
      const state = high & lrState;
      if (state !== 0) valid++;
      else if ((high & (lrHardware | lrEoi)) === lrEoi) status = 1;
      if (state === lrPending) pending = true;
    }
    if (hcr & HCR.UIE && valid <= 1) status |= 1 << 1;
    if (hcr & HCR.LRENPIE && hcr >>> 27 !== 0) status |= 1 << 2;
    if (hcr & HCR.NPIE && !pending) status |= 1 << 3;
    // The four group bits of ICH_MISR_EL2 lie where ICH_HCR_EL2 has their enables.
    const group0 = groupEnable[Group.group0] ? HCR.VGrp0EIE : HCR.VGrp0DIE;
    const group1 = groupEnable[Group.nonSecureGroup1] ? HCR.VGrp1EIE : HCR.VGrp1DIE;
    return status | (hcr & (group0 | group1));
  }

  writeHcr(value: number): void {
    this.#hcr = value & hcrWritable;
    this.update();
  }

  /** ICH_VMCR_EL2 (12.4.8): the ICV_* registers in one word. VFIQEn is 1. As on QEMU, all bits of VPMR are kept here. */
  readVmcr(): number {
    const { pmr, bpr, groupEnable, commonBinaryPoint, eoiMode } = this.#icv;
    return (
      ((pmr << 24) |
        (bpr[Group.group0]! << 21) |
        (bpr[Group.nonSecureGroup1]! << 18) |
        (eoiMode[1] ? 1 << 9 : 0) |
        (commonBinaryPoint[1] ? 1 << 4 : 0) |
        (1 << 3) |
        (groupEnable[Group.nonSecureGroup1] ? 2 : 0) |
        (groupEnable[Group.group0] ? 1 : 0)) >>>
      0
    );
  }

  writeVmcr(value: number): void {
    const icv = this.#icv;
    icv.groupEnable[Group.group0] = (value & 1) !== 0;
    icv.groupEnable[Group.nonSecureGroup1] = (value & 2) !== 0;
    icv.commonBinaryPoint[1] = (value & (1 << 4)) !== 0;
    icv.eoiMode[1] = (value & (1 << 9)) !== 0;
    icv.pmr = value >>> 24;
    this.writeBinaryPoint(Group.group0, (value >>> 21) & 7);
    this.writeBinaryPoint(Group.nonSecureGroup1, (value >>> 18) & 7);
  }

  readBpr(group1: boolean): number {
    const { bpr, commonBinaryPoint } = this.#icv;
    if (!group1) return bpr[Group.group0]!;
    return commonBinaryPoint[1] ? Math.min(bpr[Group.group0]! + 1, 7) : bpr[Group.nonSecureGroup1]!;
  }

  writeBpr(group1: boolean, value: number): void {
    if (group1 && this.#icv.commonBinaryPoint[1]) return;
    this.writeBinaryPoint(virtualGroup(group1), value & 7);
  }

  writeBinaryPoint(group: Group, value: number): void {
    this.#icv.bpr[group] = Math.max(value, group === Group.group0 ? minimumBinaryPoint : minimumBinaryPoint + 1);
    this.update();
  }

  readPmr(): number {
    return this.#icv.pmr;
  }

  writePmr(value: number): void {
    this.#icv.pmr = value & priorityMask;
    this.update();
  }

  readRpr(): number {
    return runningPriority(this.#icv);
  }

  readControl(): number {
    return controlConstants | (this.#icv.eoiMode[1] ? 2 : 0) | (this.#icv.commonBinaryPoint[1] ? 1 : 0);
  }

  writeControl(value: number): void {
    this.#icv.commonBinaryPoint[1] = (value & 1) !== 0;
    this.#icv.eoiMode[1] = (value & 2) !== 0;
    this.update();
  }

  readGroupEnable(group1: boolean): number {
    return this.#icv.groupEnable[virtualGroup(group1)] ? 1 : 0;
  }

  writeGroupEnable(group1: boolean, value: number): void {
    this.#icv.groupEnable[virtualGroup(group1)] = (value & 1) !== 0;
    this.update();
  }

  readActivePriorities(group1: boolean): number {
    return this.#icv.activePriorities[virtualGroup(group1)]! >>> 0;
  }

  writeActivePriorities(group1: boolean, value: number): void {
    this.#icv.activePriorities[virtualGroup(group1)] = value | 0;
    this.update();
  }

  reset(): void {
    this.#hcr = 0;
    this.#icv = resetCpuInterface();
    this.#lrs.fill(0);
    this.update();
  }

  save(): SavedVirtualCpuInterface {
    return { hcr: this.hcr, icv: structuredClone(this.#icv), listRegisters: Array.from(this.#lrs) };
  }

  restore(saved: SavedVirtualCpuInterface): void {
    this.#hcr = saved.hcr | 0;
    this.#icv = structuredClone(saved.icv);
    this.#lrs.set(saved.listRegisters);
    this.update();
  }
}

interface RegisterAccess {
  /** The number of a list register. */
  readonly list?: number;
  read?(cpu: VirtualCpuInterface): number;
  write?(cpu: VirtualCpuInterface, value: number): void;
}

const listRegister = (index: number): RegisterAccess => ({ list: index });
const activePriorities = (group1: boolean): RegisterAccess => ({
  read: (cpu) => cpu.readActivePriorities(group1),
  write: (cpu, value) => cpu.writeActivePriorities(group1, value),
});
const binaryPoint = (group1: boolean): RegisterAccess => ({
  read: (cpu) => cpu.readBpr(group1),
  write: (cpu, value) => cpu.writeBpr(group1, value),
});
const groupEnable = (group1: boolean): RegisterAccess => ({
  read: (cpu) => cpu.readGroupEnable(group1),
  write: (cpu, value) => cpu.writeGroupEnable(group1, value),
});

const registers: Readonly<Record<VirtualRegisterName, RegisterAccess>> = {
  ICH_LR0_EL2: listRegister(0),
  ICH_LR1_EL2: listRegister(1),
  ICH_LR2_EL2: listRegister(2),
  ICH_LR3_EL2: listRegister(3),
  ICH_HCR_EL2: { read: (cpu) => cpu.hcr, write: (cpu, value) => cpu.writeHcr(value) },
  ICH_VTR_EL2: { read: () => virtualType },
  ICH_VMCR_EL2: { read: (cpu) => cpu.readVmcr(), write: (cpu, value) => cpu.writeVmcr(value) },
  ICH_MISR_EL2: { read: (cpu) => cpu.maintenanceStatus() },
  ICH_EISR_EL2: { read: (cpu) => cpu.endOfInterruptStatus() },
  ICH_ELRSR_EL2: { read: (cpu) => cpu.emptyStatus() },
  ICH_AP0R0_EL2: activePriorities(false),
  ICH_AP1R0_EL2: activePriorities(true),
  ICV_AP0R0_EL1: activePriorities(false),
  ICV_AP1R0_EL1: activePriorities(true),
  ICV_BPR0_EL1: binaryPoint(false),
  ICV_BPR1_EL1: binaryPoint(true),
  ICV_CTLR_EL1: { read: (cpu) => cpu.readControl(), write: (cpu, value) => cpu.writeControl(value) },
  ICV_DIR_EL1: { write: (cpu, value) => cpu.deactivate(value) },
  ICV_EOIR0_EL1: { write: (cpu, value) => cpu.endOfInterrupt(false, value) },
  ICV_EOIR1_EL1: { write: (cpu, value) => cpu.endOfInterrupt(true, value) },
  ICV_HPPIR0_EL1: { read: (cpu) => cpu.highestPendingIntid(false) },
  ICV_HPPIR1_EL1: { read: (cpu) => cpu.highestPendingIntid(true) },
  ICV_IAR0_EL1: { read: (cpu) => cpu.acknowledge(false) },
  ICV_IAR1_EL1: { read: (cpu) => cpu.acknowledge(true) },
  ICV_IGRPEN0_EL1: groupEnable(false),
  ICV_IGRPEN1_EL1: groupEnable(true),
  ICV_PMR_EL1: { read: (cpu) => cpu.readPmr(), write: (cpu, value) => cpu.writePmr(value) },
  ICV_RPR_EL1: { read: (cpu) => cpu.readRpr() },
};
