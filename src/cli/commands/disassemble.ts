import { readFileSync, statSync } from "node:fs";
import { isElf, loadElf } from "../../board/loaders/elf.js";
import { LoadError } from "../../board/loaders/image.js";
import { disassemble } from "../../isa/disassembler.js";
import { writeFully } from "../console/terminal.js";
import { systemErrorText, UserError } from "../errors.js";
import { type OptionDefinition, parseArguments } from "../options/parser.js";
import { asksForHelp, type Command } from "./command.js";

interface DisassembleConfiguration {
  base: bigint;
}

const options: readonly OptionDefinition<DisassembleConfiguration>[] = [
  {
    spellings: ["--base"],
    argument: "ADDRESS",
    help: "the address of the first word (of a file: what is no ELF)",
    apply: (c, text, spelling) => {
      if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new UserError(`${spelling}: '${text}' is not an address`);
      c.base = BigInt(text);
    },
  },
];

const help = (): string => `trapeze disassemble FILE | WORD...: show A64 instructions

FILE is an ELF64 executable (its loadable segments are shown) or a raw binary; WORD is an instruction
in hexadecimal, with or without 0x.

Options:
  --base ADDRESS    the address of the first word (of a raw binary, or of words)

Examples:
  trapeze disassemble d503201f 8b020020
  trapeze disassemble guest/images/demo.elf
`;

export const disassembleCommand: Command = {
  summary: "show A64 instructions of a file, or of words given in hexadecimal",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const configuration: DisassembleConfiguration = { base: 0n };
    const operands = parseArguments(words, options, configuration);
    const [first] = operands;
    if (first === undefined) throw new UserError("disassemble what? Give a file, or words in hexadecimal");
    if (operands.length === 1 && isFile(first)) printFile(first, configuration.base);
    else printWords(operands, configuration.base);
    return 0;
  },
};

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function printWords(operands: readonly string[], base: bigint): void {
  const bytes = new Uint8Array(operands.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, text] of operands.entries()) {
    const digits = /^(?:0x)?([0-9a-f]{1,8})$/i.exec(text)?.[1];
    if (digits === undefined) throw new UserError(`'${text}' is neither a file nor an instruction word in hexadecimal`);
    view.setUint32(i * 4, Number.parseInt(digits, 16), true);
  }
  printBytes(bytes, base);
}

function printFile(path: string, base: bigint): void {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`${path}: ${systemErrorText(error)}`);
  }
  if (!isElf(bytes)) {
    printBytes(bytes, base);
    return;
  }
  try {
    for (const segment of loadElf(bytes).segments) printBytes(segment.bytes, BigInt(segment.address));
  } catch (error) {
    if (error instanceof LoadError) throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
}

/** In objdump's columns: address, word, text. Bytes after the last whole word aren't shown. */
function printBytes(bytes: Uint8Array, base: bigint): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let lines: string[] = [];
  const flush = (): void => {
    writeFully(1, new TextEncoder().encode(lines.join("")));
    lines = [];
  };
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = view.getUint32(at, true);
    const address = base + BigInt(at);
    lines.push(
      `${address.toString(16).padStart(8, " ")}:\t${word.toString(16).padStart(8, "0")} \t${disassemble(word, address)}\n`,
    );
    if (lines.length === 10_000) flush();
  }
  flush();
}
