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

/** An entry in its place. Made by a constructor, all are of one shape to V8, which then knows where their properties are. */
class Registered implements SystemRegister {
  readonly name: string;
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
  readonly encoding: number;
  readonly index: number;
  readonly slot: number;
  readonly read: number;
  readonly write: number;
  readonly reset: bigint | "core";
  readonly res1: bigint;
  readonly fields: SystemRegister["fields"];
  readonly feature: string | undefined;
  readonly traps: SystemRegister["traps"];
  readonly effects: SystemRegister["effects"];
  readonly e2h: string | undefined;
  readonly alias: string | undefined;
  readonly hook: string | undefined;

  constructor(entry: SystemRegisterEntry, index: number, slot: number) {
    this.name = entry.name;
    this.op0 = entry.op0;
    this.op1 = entry.op1;
    this.crn = entry.crn;
    this.crm = entry.crm;
    this.op2 = entry.op2;
    this.encoding = entry.encoding;
    this.index = index;
    this.slot = slot;
    this.read = entry.read;
    this.write = entry.write;
    this.reset = entry.reset;
    this.res1 = entry.res1;
    this.fields = entry.fields;
    this.feature = entry.feature;
    this.traps = entry.traps;
    this.effects = entry.effects;
    this.e2h = entry.e2h;
    this.alias = entry.alias;
    this.hook = entry.hook;
  }
}

const byName = new Map<string, SystemRegister>();
/** By encoding: index + 1, or 0. An array of that many objects would make V8 collect garbage as soon as it is there. */
const indices = new Uint16Array(1 << 16);

/** Every system register, in the order of their slots. Slot 0 is unused; SP_EL3, without an encoding, has slot 1. */
export const systemRegisters: readonly SystemRegister[] = entries.map((entry, index) => {
  const slot = index + 2;
  const found = new Registered(entry, index, slot);
  if (byName.has(entry.name)) throw new Error(`two system registers are called ${entry.name}`);
  const other = entries[indices[entry.encoding]! - 1];
  if (other !== undefined) throw new Error(`${entry.name} and ${other.name} are both ${genericName(entry.encoding)}`);
  byName.set(entry.name, found);
  indices[entry.encoding] = index + 1;
  return found;
});

/** The slot that holds SP_EL3. */
export const slotSpEl3 = 1;

for (const entry of systemRegisters)
  for (const name of [entry.alias, entry.e2h])
    if (name !== undefined && !byName.has(name)) throw new Error(`${entry.name} names ${name}, which isn't defined`);

/** The register with a 16-bit encoding (op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2). */
export function systemRegisterByEncoding(encoding: number): SystemRegister | undefined {
  const at = indices[encoding]!;
  return at === 0 ? undefined : systemRegisters[at - 1];
}

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
