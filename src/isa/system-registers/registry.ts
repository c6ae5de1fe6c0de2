import { controlRegisters } from "./control.js";
import { debugRegisters } from "./debug.js";
import { exceptionRegisters } from "./exception.js";
import { identificationRegisters } from "./identification.js";
import { implementationDefinedRegisters } from "./implementation-defined.js";
import { interruptControllerRegisters } from "./interrupt-controller.js";
import { memoryRegisters } from "./memory.js";
import { performanceMonitorRegisters } from "./performance-monitors.js";
import { genericName, type SystemRegister, type SystemRegisterEntry } from "./system-register.js";
import { threadAndKeyRegisters } from "./thread-and-keys.js";
import { timerRegisters } from "./timer.js";

const entries: readonly SystemRegisterEntry[] = [
  ...identificationRegisters,
  ...controlRegisters,
  ...memoryRegisters,
  ...exceptionRegisters,
  ...threadAndKeyRegisters,
  ...timerRegisters,
  ...performanceMonitorRegisters,
  ...debugRegisters,
  ...interruptControllerRegisters,
  ...implementationDefinedRegisters,
];

const byName = new Map<string, SystemRegister>();
const byEncoding: (SystemRegister | undefined)[] = new Array(1 << 16);

/** Every system register, in the order of their slots. Slot 0 is unused; SP_EL3, without an encoding, has slot 1. */
export const systemRegisters: readonly SystemRegister[] = entries.map((entry, index) => {
  const slot = index + 2;
  const found = { ...entry, index, slot };
  if (byName.has(entry.name)) throw new Error(`two system registers are called ${entry.name}`);
  const other = byEncoding[entry.encoding];
  if (other !== undefined) throw new Error(`${entry.name} and ${other.name} are both ${genericName(entry.encoding)}`);
  byName.set(entry.name, found);
  byEncoding[entry.encoding] = found;
  return found;
});

/** The slot that holds SP_EL3. */
export const slotSpEl3 = 1;

for (const entry of systemRegisters)
  for (const name of [entry.alias, entry.e2h])
    if (name !== undefined && !byName.has(name)) throw new Error(`${entry.name} names ${name}, which isn't defined`);

/** Registers by 16-bit encoding (op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2). */
export const systemRegisterByEncoding: readonly (SystemRegister | undefined)[] = byEncoding;

/** Registers by name. */
export const systemRegisterByName: ReadonlyMap<string, SystemRegister> = byName;

/** The register of that name; throws for a name that isn't in the table. */
export function systemRegister(name: string): SystemRegister {
  const found = byName.get(name);
  if (found === undefined) throw new Error(`there is no system register ${name}`);
  return found;
}

/** A bit of a register as code tests it: the 32-bit word counted from the first slot, and a mask in that word. */
export interface SystemRegisterBit {
  readonly word: number;
  readonly mask: number;
}

/** Finds "Register.Field"; the field must be one bit wide. */
export function systemRegisterBit(path: string): SystemRegisterBit {
  const [name, fieldName] = path.split(".") as [string, string];
  const found = systemRegister(name);
  const field = found.fields.find((candidate) => candidate.name === fieldName);
  if (field === undefined || field.high !== field.low) throw new Error(`there is no one-bit field ${path}`);
  return { word: found.slot * 2 + (field.low >> 5), mask: 1 << (field.low & 31) };
}
