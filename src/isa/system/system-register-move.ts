import {
  type Builder,
  DirectRegisters,
  destinationOrZero,
  immediate,
  type Node,
  sourceOrZero,
} from "../../ir/index.js";
import { define, instructions } from "../definition.js";
import { systemOperationByEncoding } from "../system-registers/operations.js";
import { systemRegister, systemRegisterByEncoding } from "../system-registers/registry.js";
import { genericName, splitEncoding } from "../system-registers/system-register.js";
import { registerName } from "../text.js";

/** Registers that code reads and writes without asking the machine, where nothing can trap it. */
interface Direct {
  readonly name: string;
  /** Condition (i32) under which the machine must be asked after all. */
  readonly ask?: (pe: Builder) => Node;
  /** The same for writes, where it is another one. */
  readonly askToWrite?: (pe: Builder) => Node;
  readonly read?: (pe: Builder) => Node;
  readonly write?: (pe: Builder, value: Node) => void;
}

/** A register that is nothing but its slot, for code at `level` or above. */
function slot(name: string, level: number, access: "r" | "rw", ask?: (pe: Builder) => Node): Direct {
  const below = level === 0 ? undefined : (pe: Builder) => pe.ltU(pe.readState("el"), pe.c32(level));
  const condition = ask ?? below;
  const number = systemRegister(name).slot;
  return {
    name,
    ...(condition ? { ask: condition } : {}),
    read: (pe) => pe.readSystemSlot(number),
    ...(access === "rw" ? { write: (pe, value) => pe.writeSystemSlot(number, value) } : {}),
  };
}

/**
 * As {@link slot}, of a register that the PE says may be accessed: `read` and `write` are {@link DirectRegisters}. `writable`: the bits
 * that it has.
 */
function allowed(name: string, read: number, write: number, writable?: (pe: Builder) => Node): Direct {
  const number = systemRegister(name).slot;
  const refused = (kind: number) => (pe: Builder) => pe.eqz(pe.and(pe.readState("directRegisters"), pe.c32(kind)));
  return {
    name,
    ask: refused(read),
    askToWrite: refused(write),
    read: (pe) => pe.readSystemSlot(number),
    write: (pe, value) => pe.writeSystemSlot(number, writable === undefined ? value : pe.and(value, writable(pe))),
  };
}

function readNzcv(pe: Builder): Node {
  const bit = (flag: "n" | "z" | "c" | "v", at: number): Node => pe.shl(pe.flag(flag), pe.c32(at));
  return pe.zeroExtend(pe.or(pe.or(bit("n", 31), bit("z", 30)), pe.or(bit("c", 29), bit("v", 28))));
}

function writeNzcv(pe: Builder, value: Node): void {
  const word = pe.let(pe.low32(value));
  const bit = (at: number): Node => pe.and(pe.shrU(word, pe.c32(at)), pe.c32(1));
  pe.setNzcv(bit(31), bit(30), bit(29), bit(28));
}

/** PSTATE.DAIF, which EL0 may be trapped for (SCTLR_EL1.UMA). With an interrupt pending, the machine looks whether it is let in. */
function daif(): Direct {
  const atEl0 = (pe: Builder): Node => pe.eqz(pe.readState("el"));
  return {
    name: "DAIF",
    ask: atEl0,
    askToWrite: (pe) => pe.or(atEl0(pe), pe.readState("interruptsPending")),
    read: (pe) => pe.zeroExtend(pe.shl(pe.readState("daif"), pe.c32(6))),
    write: (pe, value) => pe.writeState("daif", pe.and(pe.shrU(pe.low32(value), pe.c32(6)), pe.c32(15))),
  };
}

function directs(): readonly Direct[] {
  const fpTrapped = (pe: Builder): Node => pe.readState("fpTrap");
  const { el1, el1Read, el1Write, el2, el3, cacheType, zeroSize } = DirectRegisters;
  const spsrBits = (pe: Builder): Node => pe.zeroExtend(pe.readState("spsrWritable"));
  const lowWord = (pe: Builder): Node => pe.c64(0xffff_ffff);
  return [
    { name: "NZCV", read: readNzcv, write: writeNzcv },
    slot("TPIDR_EL0", 0, "rw"),
    { ...slot("TPIDRRO_EL0", 0, "rw"), askToWrite: (pe) => pe.eqz(pe.readState("el")) },
    slot("TPIDR_EL1", 1, "rw"),
    slot("TPIDR_EL2", 2, "rw"),
    allowed("ELR_EL1", el1, el1),
    allowed("SPSR_EL1", el1, el1, spsrBits),
    allowed("ESR_EL1", el1Read, el1Write, lowWord),
    allowed("FAR_EL1", el1Read, el1Write),
    allowed("ELR_EL2", el2, el2),
    allowed("SPSR_EL2", el2, el2, spsrBits),
    allowed("ESR_EL2", el2, el2, lowWord),
    allowed("FAR_EL2", el2, el2),
    allowed("HPFAR_EL2", el2, 0),
    allowed("ELR_EL3", el3, el3),
    allowed("SPSR_EL3", el3, el3, spsrBits),
    allowed("ESR_EL3", el3, el3, lowWord),
    allowed("FAR_EL3", el3, el3),
    allowed("CTR_EL0", cacheType, 0),
    allowed("DCZID_EL0", zeroSize, 0),
    daif(),
    // UNDEFINED at EL0, and while it is the current stack pointer.
    slot("SP_EL0", 1, "rw", (pe) => pe.or(pe.eqz(pe.readState("el")), pe.eqz(pe.readState("spSel")))),
    // Writes go to the machine: they may change how FP instructions are carried out.
    { name: "FPCR", ask: fpTrapped, read: (pe) => pe.zeroExtend(pe.readState("fpcr")) },
    { name: "FPSR", ask: fpTrapped, read: (pe) => pe.zeroExtend(pe.readState("fpsr")) },
  ];
}

let table: { list: readonly Direct[]; byEncoding: ReadonlyMap<number, number> } | undefined;

function directTable(): NonNullable<typeof table> {
  if (table === undefined) {
    const list = directs();
    table = { list, byEncoding: new Map(list.map((d, i) => [systemRegister(d.name).encoding, i + 1])) };
  }
  return table;
}

/** Position + 1 in the table of direct registers; 0 for the others. */
function directIndex(encoding: number): number {
  return directTable().byEncoding.get(encoding) ?? 0;
}

/** Name that objdump knows the register by. */
function registerText(encoding: number): string {
  return (systemRegisterByEncoding(encoding)?.name ?? genericName(encoding)).toLowerCase();
}

export const systemRegisterMove = instructions("System register move", [
  define("MRS", "110101010011 encoding:15 Rt", {
    operands: (f) => ({ t: destinationOrZero(f.Rt!), encoding: immediate(0x8000 | f.encoding!) }),
    derive: (f) => ({ direct: directIndex(0x8000 | f.encoding!) }),
    execute: (pe, { direct }, { t, encoding }) => {
      const ask = (): Node => pe.environmentValue("mrs", pe.immediate32(encoding));
      const known = directTable().list[direct - 1];
      if (known?.read === undefined) return pe.write(64, t, ask());
      const { read } = known;
      if (known.ask === undefined) return pe.write(64, t, read(pe));
      pe.ifUnlikely(
        known.ask(pe),
        () => pe.write(64, t, ask()),
        () => pe.write(64, t, read(pe)),
      );
    },
    assembly: (f) => `mrs\t${registerName(1, f.Rt!)}, ${registerText(0x8000 | f.encoding!)}`,
  }),
  define("MSR (register)", "110101010001 encoding:15 Rt", {
    operands: (f) => ({ t: sourceOrZero(f.Rt!), encoding: immediate(0x8000 | f.encoding!) }),
    derive: (f) => ({ direct: directIndex(0x8000 | f.encoding!) }),
    execute: (pe, { direct }, { t, encoding }) => {
      const ask = (): void => pe.environment("msr", pe.immediate32(encoding), pe.read(64, t));
      const known = directTable().list[direct - 1];
      if (known?.write === undefined) return ask();
      const { write } = known;
      const mustAsk = known.askToWrite ?? known.ask;
      if (mustAsk === undefined) return write(pe, pe.read(64, t));
      pe.ifUnlikely(mustAsk(pe), ask, () => write(pe, pe.read(64, t)));
    },
    // One encoding is the receive register when read, the transmit register when written.
    assembly: (f) =>
      `msr\t${registerText(0x8000 | f.encoding!).replace("dbgdtrrx", "dbgdtrtx")}, ${registerName(1, f.Rt!)}`,
  }),
]);

/** op1:CRn:CRm:op2 of DC ZVA, which has a definition of its own. */
const zva = "01101110100001";

/** Operations on everything of a kind, which take no register. */
const withoutRegister = /^(IC IALLU|TLBI (VMALL|ALL))/;

function sysText(encoding: number, Rt: number): string {
  const { op1, crn, crm, op2 } = splitEncoding(encoding);
  const register = `, ${registerName(1, Rt)}`;
  const named = systemOperationByEncoding(encoding);
  if (named === undefined) return `sys\t#${op1}, C${crn}, C${crm}, #${op2}${Rt === 31 ? "" : register}`;
  return named.name.toLowerCase().replace(" ", "\t") + (withoutRegister.test(named.name) ? "" : register);
}

export const systemInstruction = instructions("System instructions", [
  define("SYS", `1101010100001 encoding:14!${zva} Rt`, {
    operands: (f) => ({ t: sourceOrZero(f.Rt!), encoding: immediate(0x4000 | f.encoding!) }),
    execute: (pe, _, { t, encoding }) => pe.environment("sys", pe.immediate32(encoding), pe.read(64, t)),
    assembly: (f) => sysText(0x4000 | f.encoding!, f.Rt!),
  }),
  define("SYSL", "1101010100101 encoding:14 Rt", {
    operands: (f) => ({ t: destinationOrZero(f.Rt!), encoding: immediate(0x4000 | f.encoding!) }),
    execute: (pe, _, { t, encoding }) => pe.write(64, t, pe.environmentValue("sysl", pe.immediate32(encoding))),
    assembly: (f) => {
      const { op1, crn, crm, op2 } = splitEncoding(f.encoding!);
      return `sysl\t${registerName(1, f.Rt!)}, #${op1}, C${crn}, C${crm}, #${op2}`;
    },
  }),
]);
