import { a64 } from "./a64.js";

/**
 * The text of an instruction word at `address`, as GNU objdump writes it: mnemonic, tab, operands; branch targets as
 * addresses. An instruction that is listed but not implemented is given as "<NAME>", and a word that is none as
 * ".inst 0x... ; undefined".
 */
export function disassemble(word: number, address = 0n): string {
  return a64().disassemble(word, address);
}
