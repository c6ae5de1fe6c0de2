import type { ProcessingElement } from "./processing-element.js";
import { FaultStatus } from "./translation/fault-status.js";

/** By `Regime`'s numbers, as the Arm ARM calls them (DDI 0487 D8.1.2). */
const regimeNames = ["EL1&0", "EL2", "EL2&0", "EL3"] as const;
/** Faults that have a level in bits 1:0 (FSC, DDI 0487 D17.2.37), by the other bits. */
const leveledFaults: Readonly<Record<number, string>> = {
  [FaultStatus.addressSize]: "address size fault",
  [FaultStatus.translation]: "translation fault",
  [FaultStatus.accessFlag]: "access flag fault",
  [FaultStatus.permission]: "permission fault",
  [FaultStatus.externalOnWalk]: "External abort on a table walk",
};

/**
 * Logs what the walker has just found for an access that missed the TLB (`-d mmu`): physical address, permissions and the
 * size of the block or page, or the fault. `privileged`: as the walker was told.
 */
export function logTranslation(
  pe: ProcessingElement,
  ok: boolean,
  kind: "read" | "write" | "fetch",
  low: number,
  high: number,
  privileged: boolean,
): void {
  const { walker } = pe;
  const address = ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16).padStart(16, "0");
  const state = pe.secure ? "Secure " : "";
  const who = `${state}${regimeNames[pe.regime]}, ${privileged ? "privileged" : "unprivileged"}`;
  pe.log.write(
    "mmu",
    `PE ${pe.index}: ${kind} of 0x${address} (${who}): ${ok ? describeMapping(walker) : describeFault(walker)}`,
  );
}

function describeMapping(walker: ProcessingElement["walker"]): string {
  const { physical, readable, writable, executable, device, nonSecure, shift } = walker;
  const permissions = `${readable ? "r" : "-"}${writable ? "w" : "-"}${executable ? "x" : "-"}`;
  const size =
    shift >= 30 ? `${2 ** (shift - 30)} GB` : shift >= 20 ? `${2 ** (shift - 20)} MB` : `${2 ** (shift - 10)} KB`;
  const space = nonSecure ? "" : " Secure";
  return `0x${physical.toString(16).padStart(12, "0")}${space} ${permissions} ${device ? "Device" : "Normal"}, ${size}`;
}

function describeFault(walker: ProcessingElement["walker"]): string {
  const { faultStatus, stage2Fault, onWalk, ipa } = walker;
  const leveled = leveledFaults[faultStatus & ~3];
  const name = leveled ? `${leveled}, level ${faultStatus & 3}` : `fault status 0x${faultStatus.toString(16)}`;
  if (!stage2Fault) return name;
  return `stage 2 ${name}, IPA 0x${ipa.toString(16)}${onWalk ? ", on a stage 1 walk" : ""}`;
}
