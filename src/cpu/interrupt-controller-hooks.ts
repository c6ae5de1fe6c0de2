import { internalized } from "../isa/pattern.js";
import { type SystemRegister, systemRegisters } from "../isa/system-registers/index.js";
import { EnvironmentResult } from "./environment-operations.js";
import { interruptIsPendingUnmasked } from "./interrupts.js";
import type { ProcessingElement } from "./processing-element.js";
import { Hcr } from "./register-words.js";
import type { RegisterHook } from "./system-register-hooks.js";

const { next, leave } = EnvironmentResult;

/** What an ICC_* register is at EL1 while HCR_EL2 has one of some bits set. */
interface VirtualRegister {
  readonly hcr: number;
  readonly name: string;
}

/**
 * The ICV_* register behind an ICC_* one (IHI 0069, 6.1): Group 0's with FMO, Group 1's with IMO, those of both groups
 * with either. SGIs are always physical (HCR_EL2 traps them), and so are ICC_SRE_ELx and what EL3 has for itself.
 */
function virtualRegister({ name }: SystemRegister): VirtualRegister | undefined {
  const match = /^ICC_((?:IAR|EOIR|HPPIR|BPR|AP|IGRPEN)([01])R?\d?|CTLR|DIR|PMR|RPR)_EL1$/.exec(name);
  if (match === null) return undefined;
  const group = match[2];
  const hcr = group === "0" ? Hcr.FMO : group === "1" ? Hcr.IMO : Hcr.FMO | Hcr.IMO;
  return { hcr, name: internalized(name.replace("ICC_", "ICV_")) };
}

const virtualRegisters = systemRegisters.map(virtualRegister);
/** Numbers of list registers by register index; -1 for other registers. */
const listRegisters = systemRegisters.map(({ name }) => Number(/^ICH_LR(\d+)_EL2$/.exec(name)?.[1] ?? -1));

function virtualName(pe: ProcessingElement, entry: SystemRegister): string | undefined {
  if (pe.el !== 1 || !pe.el2Enabled) return undefined;
  const found = virtualRegisters[entry.index];
  return found !== undefined && (pe.hcrLow & found.hcr) !== 0 ? found.name : undefined;
}

/** Interrupts may have come or gone with the access. */
const afterwards = (pe: ProcessingElement): number => (interruptIsPendingUnmasked(pe) ? leave : next);

/** ICC_*: the physical CPU interface, or the virtual one for a guest. */
export const cpuInterface: RegisterHook = {
  read(pe, entry) {
    const virtual = virtualName(pe, entry);
    const value =
      virtual === undefined
        ? pe.interruptController?.read(entry.name, pe.gicContext)
        : pe.virtualInterruptController?.readWord(virtual);
    pe.setArgument((value ?? 0) | 0, 0);
    return afterwards(pe);
  },
  write(pe, entry) {
    const virtual = virtualName(pe, entry);
    if (virtual === undefined)
      pe.interruptController?.writeWords(entry.name, pe.argumentLow, pe.argumentHigh, pe.gicContext);
    else pe.virtualInterruptController?.writeWord(virtual, pe.argumentLow);
    return afterwards(pe);
  },
};

/** ICH_*. */
export const virtualCpuInterface: RegisterHook = {
  read(pe, entry) {
    pe.setArgument((pe.virtualInterruptController?.readWord(entry.name) ?? 0) | 0, 0);
    return next;
  },
  write(pe, entry) {
    pe.virtualInterruptController?.writeWord(entry.name, pe.argumentLow);
    return afterwards(pe);
  },
};

/** ICH_LR<n>_EL2. */
export const listRegister: RegisterHook = {
  read(pe, entry) {
    const controller = pe.virtualInterruptController;
    const index = listRegisters[entry.index]!;
    if (controller === undefined) pe.setArgument(0, 0);
    else pe.setArgument(controller.readListRegisterWord(index, 0), controller.readListRegisterWord(index, 1));
    return next;
  },
  write(pe, entry) {
    const index = listRegisters[entry.index]!;
    pe.virtualInterruptController?.writeListRegisterWords(index, pe.argumentLow, pe.argumentHigh);
    return afterwards(pe);
  },
};

/** ICH_HCR_EL2, whose slot has the bits that make ICC_* accesses trap. */
export const virtualCpuInterfaceControl: RegisterHook = {
  ...virtualCpuInterface,
  write(pe, entry) {
    pe.setRegister(entry.slot * 2, pe.argumentLow, 0);
    return virtualCpuInterface.write!(pe, entry);
  },
};
