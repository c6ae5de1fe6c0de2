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

/** Fault status codes without their level (DFSC, IFSC). */
const faultNames: Readonly<Record<number, string>> = {
  0: "address size fault",
  4: "translation fault",
  8: "access flag fault",
  12: "permission fault",
};

/** The name of a kind of exception by its number in a PE's counts: an EC, or 64 IRQ, 65 FIQ, 66 SError. */
export function exceptionName(kind: number): string {
  return interruptNames[kind - 64] ?? classNames[kind] ?? `exception class 0x${kind.toString(16)}`;
}

/** An exception in words: "Data Abort (translation fault, level 1, write)". `vector` is its offset from VBAR_ELx. */
export function describeException(esr: number, vector: number): string {
  const interrupt = (vector >> 7) & 3;
  if (interrupt !== 0) return exceptionName(63 + interrupt);
  const exceptionClass = esr >>> 26;
  const name = exceptionName(exceptionClass);
  const isData = exceptionClass === 0x24 || exceptionClass === 0x25;
  if (!isData && exceptionClass !== 0x20 && exceptionClass !== 0x21) return name;
  const access = isData ? (esr & 0x40 ? ", write" : ", read") : "";
  return `${name} (${faultName(esr & 0x3f)}${access})`;
}

function faultName(status: number): string {
  if (status === 0x10) return "external abort: nothing is there";
  if (status === 0x21) return "alignment fault";
  if (status >= 0x14 && status < 0x18) return `external abort on a table walk, level ${status & 3}`;
  const name = status < 0x10 ? faultNames[status & 0x3c] : undefined;
  return name ? `${name}, level ${status & 3}` : `fault status 0x${status.toString(16)}`;
}
