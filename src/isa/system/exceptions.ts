import { type EnvironmentName, immediate } from "../../ir/index.js";
import { type Definition, define, instructions } from "../definition.js";
import { hex } from "../text.js";

/** An instruction whose only effect is an exception (or a debug event) with its 16-bit immediate. */
function generates(name: string, environment: EnvironmentName, opc: string, low: string): Definition {
  return define(name, `11010100 ${opc} imm16 ${low}`, {
    operands: (f) => ({ imm: immediate(f.imm16!) }),
    execute: (pe, _, { imm }) => pe.environment(environment, pe.immediate32(imm)),
    assembly: (f) => {
      const mnemonic = name.toLowerCase();
      return mnemonic.startsWith("dcps") && f.imm16 === 0 ? mnemonic : `${mnemonic}\t#${hex(f.imm16!)}`;
    },
  });
}

export const reserved = instructions("Reserved", [
  define("UDF", "0000000000000000 imm16", {
    operands: () => ({}),
    execute: (pe) => pe.undefined(),
    assembly: (f) => `udf\t#${f.imm16}`,
  }),
]);

export const exceptionGeneration = instructions("Exception generation", [
  generates("SVC", "svc", "000", "00001"),
  generates("HVC", "hvc", "000", "00010"),
  generates("SMC", "smc", "000", "00011"),
  generates("BRK", "brk", "001", "00000"),
  generates("HLT", "hlt", "010", "00000"),
  generates("DCPS1", "dcps1", "101", "00001"),
  generates("DCPS2", "dcps2", "101", "00010"),
  generates("DCPS3", "dcps3", "101", "00011"),
]);

export const exceptionReturn = instructions("Exception return", [
  define("ERET", "1101011 0100 11111 000000 11111 00000", {
    operands: () => ({}),
    execute: (pe) => pe.environment("eret", pe.c32(0)),
    assembly: () => "eret",
  }),
  define("DRPS", "1101011 0101 11111 000000 11111 00000", {
    operands: () => ({}),
    execute: (pe) => pe.environment("drps", pe.c32(0)),
    assembly: () => "drps",
  }),
]);
