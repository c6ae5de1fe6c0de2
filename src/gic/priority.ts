import type { CpuInterfaceRegisters } from "./pe-state.js";
import { Group, idlePriority, priorityBits } from "./types.js";

const priorityShift = 8 - priorityBits;

/** Number of the lowest set bit; `bits` must not be 0. */
export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** The highest active priority of all groups (ICC_RPR_EL1's physical value), {@link idlePriority} when nothing is active. */
export function runningPriority(icc: CpuInterfaceRegisters): number {
  const { activePriorities } = icc;
  const all = activePriorities[0]! | activePriorities[1]! | activePriorities[2]!;
  return all === 0 ? idlePriority : lowestBit(all) << priorityShift;
}

/** The group of the highest active priority, or -1. At equal priority, the first of Group 0, Secure and Non-secure Group 1. */
export function runningGroup(icc: CpuInterfaceRegisters): Group | -1 {
  const { activePriorities } = icc;
  const all = activePriorities[0]! | activePriorities[1]! | activePriorities[2]!;
  if (all === 0) return -1;
  const highest = all & -all;
  if (activePriorities[Group.group0]! & highest) return Group.group0;
  return activePriorities[Group.secureGroup1]! & highest ? Group.secureGroup1 : Group.nonSecureGroup1;
}

/** True when the binary point of Group 0 is in force for `group` (ICC_CTLR.CBPR of its security state). */
export function usesBinaryPoint0(icc: CpuInterfaceRegisters, group: Group): boolean {
  if (group === Group.group0) return true;
  return icc.commonBinaryPoint[group === Group.secureGroup1 ? 0 : 1]!;
}

/** The bits of a priority that make its group priority (IHI 0069, 4.8.2). */
export function groupPriorityMask(icc: CpuInterfaceRegisters, group: Group): number {
  let binaryPoint: number;
  if (usesBinaryPoint0(icc, group)) binaryPoint = icc.bpr[Group.group0]!;
  else binaryPoint = group === Group.nonSecureGroup1 ? icc.bpr[group]! - 1 : icc.bpr[group]!;
  return (0xff << (binaryPoint + 1)) & 0xff;
}

/** True when an interrupt passes the priority mask and preempts what is active (4.8.5, 4.8.6). */
export function canPreempt(icc: CpuInterfaceRegisters, priority: number, group: Group): boolean {
  if (priority >= icc.pmr) return false;
  const running = runningPriority(icc);
  if (running === idlePriority) return true;
  const mask = groupPriorityMask(icc, group);
  return (priority & mask) < (running & mask);
}

/** Marks the group priority of `priority` active. */
export function activatePriority(icc: CpuInterfaceRegisters, priority: number, group: Group): void {
  const groupPriority = priority & groupPriorityMask(icc, group);
  icc.activePriorities[group]! |= 1 << (groupPriority >> priorityShift);
}

/** Drops the highest active priority of `group`. */
export function dropPriority(icc: CpuInterfaceRegisters, group: Group): void {
  icc.activePriorities[group]! &= icc.activePriorities[group]! - 1;
}

/** What Non-secure software sees of a priority: the lower half of the range, or 0 for Secure priorities (4.8.1). */
export const nonSecureView = (priority: number): number => (priority & 0x80 ? (priority << 1) & 0xff : 0);
