import { type Builder, type ImmediateOperand, immediate, type Node } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import { systemEncoding } from "../system-registers/system-register.js";
import { hex, unnamedSystemText } from "../text.js";

/** MSR (immediate): the machine is told 0:op1:4:CRm:op2, as for a system register. */
function msrImmediate(
  field: string,
  op1: number,
  op2: number,
  feature?: Feature,
  direct?: (pe: Builder, imm: Node, leave: () => void) => void,
): Definition {
  const bits = (value: number): string => value.toString(2).padStart(3, "0");
  return define(`MSR (immediate, ${field})`, `1101010100000 ${bits(op1)} 0100 CRm ${bits(op2)} 11111`, {
    ...(feature === undefined ? {} : { feature }),
    operands: (f) => ({ encoding: immediate(systemEncoding(0, op1, 4, f.CRm!, op2)) }),
    execute: (pe: Builder, _: unknown, { encoding }: { encoding: ImmediateOperand }) => {
      const code = pe.immediate32(encoding);
      const leave = (): void => pe.environment("msrImmediate", code);
      if (direct) direct(pe, pe.and(pe.shrU(code, pe.c32(3)), pe.c32(15)), leave);
      else leave();
    },
    assembly: (f) =>
      f.CRm! > 1 && !field.startsWith("DAIF")
        ? unnamedSystemText(0, op1, 4, f.CRm!, op2)
        : `msr\t${field.toLowerCase()}, #${hex(f.CRm!)}`,
  });
}

/** Masking takes effect at once and needs nothing else; EL0 may be trapped (SCTLR_EL1.UMA). */
function setDaif(pe: Builder, imm: Node, leave: () => void): void {
  pe.ifUnlikely(pe.eqz(pe.readState("el")), leave, () => pe.writeState("daif", pe.or(pe.readState("daif"), imm)));
}

/** Unmasking as well, unless an interrupt is pending: the machine looks whether it is let in. */
function clearDaif(pe: Builder, imm: Node, leave: () => void): void {
  pe.ifUnlikely(pe.or(pe.eqz(pe.readState("el")), pe.readState("interruptsPending")), leave, () =>
    pe.writeState("daif", pe.and(pe.readState("daif"), pe.xor(imm, pe.c32(15)))),
  );
}

/** Instructions that access PSTATE (Arm ARM C4.1.66, "PSTATE"). */
export const processorState = instructions("PSTATE", [
  msrImmediate("UAO", 0, 3, "FEAT_UAO"),
  msrImmediate("PAN", 0, 4, "FEAT_PAN"),
  msrImmediate("SPSel", 0, 5),
  msrImmediate("SSBS", 3, 1, "FEAT_SSBS2"),
  msrImmediate("DIT", 3, 2, "FEAT_DIT"),
  msrImmediate("TCO", 3, 4, "FEAT_MTE"),
  msrImmediate("DAIFSet", 3, 6, undefined, setDaif),
  msrImmediate("DAIFClr", 3, 7, undefined, clearDaif),
  define("CFINV", "1101010100000 000 0100 0000 000 11111", {
    feature: "FEAT_FlagM",
    operands: () => ({}),
    execute: (pe) => pe.setNzcv(pe.flag("n"), pe.flag("z"), pe.xor(pe.flag("c"), pe.c32(1)), pe.flag("v")),
    assembly: () => "cfinv",
  }),
  define("XAFLAG", "1101010100000 000 0100 0000 001 11111", {
    feature: "FEAT_FlagM2",
    operands: () => ({}),
    execute: (pe) => {
      const [z, c] = [pe.let(pe.flag("z")), pe.let(pe.flag("c"))];
      const [notZ, notC] = [pe.eqz(z), pe.eqz(c)];
      pe.setNzcv(pe.and(notC, notZ), pe.and(z, c), pe.or(c, z), pe.and(notC, z));
    },
    assembly: () => "xaflag",
  }),
  define("AXFLAG", "1101010100000 000 0100 0000 010 11111", {
    feature: "FEAT_FlagM2",
    operands: () => ({}),
    execute: (pe) => {
      const v = pe.let(pe.flag("v"));
      const zero = pe.c32(0);
      pe.setNzcv(zero, pe.or(pe.flag("z"), v), pe.and(pe.flag("c"), pe.eqz(v)), zero);
    },
    assembly: () => "axflag",
  }),
]);
