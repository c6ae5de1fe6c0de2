/** Exception classes by ESR_ELx.EC, as QEMU's `-d int` and the Arm ARM (DDI 0487 D17.2.37) call them. */
const classNames: Readonly<Record<number, string>> = {
  0: "Undefined Instruction",
  1: "WFI or WFE trap",
  7: "FP or SIMD access trap",
  9: "Pointer authentication trap",
  13: "Branch Target Exception",
  14: "Illegal Execution state",
  21: "SVC",
  22: "HVC",
  23: "SMC",
  24: "System register trap",
  25: "SVE access trap",
  26: "ERET trap",
  28: "Pointer Authentication failure",
  32: "Instruction Abort",
  33: "Instruction Abort",
  34: "PC alignment fault",
  36: "Data Abort",
  37: "Data Abort",
  38: "SP alignment fault",
  47: "SError",
  48: "Breakpoint",
  49: "Breakpoint",
  50: "Software Step",
  51: "Software Step",
  52: "Watchpoint",
  53: "Watchpoint",
  60: "BRK",
};

const interruptNames = ["IRQ", "FIQ", "SError"] as const;

/** The name of a kind of exception by its number in a PE's counts: an EC, or 64 IRQ, 65 FIQ, 66 SError. */
export function exceptionName(kind: number): string {
  return interruptNames[kind - 64] ?? classNames[kind] ?? `exception class 0x${kind.toString(16)}`;
}
