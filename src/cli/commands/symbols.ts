import { readFileSync, writeFileSync } from "node:fs";
import { LoadError } from "../../board/loaders/image.js";
import { unpackKernel } from "../../board/loaders/kernel.js";
import { kernelSymbols } from "../../debug/symbols/kallsyms.js";
import { symbolFile } from "../../debug/symbols/symbol-file.js";
import { systemErrorText, UserError } from "../errors.js";
import { asksForHelp, type Command } from "./command.js";

const help = (): string => `trapeze symbols IMAGE FILE: write a Linux kernel's symbols for GDB

IMAGE is an arm64 Image (also gzip'ed), whose own table of symbols (kallsyms) is read: functions always,
variables when it was made with CONFIG_KALLSYMS_ALL. FILE becomes an ELF file with these symbols. They are
those of a kernel that stays where it was linked: give it nokaslr.

Example:
  trapeze symbols Image vmlinux.symbols
  trapeze run -kernel Image -append "console=ttyAMA0 nokaslr" -s -S
  gdb-multiarch vmlinux.symbols -ex "target remote :1234" -ex "hbreak start_kernel"
`;

export const symbolsCommand: Command = {
  summary: "write a Linux kernel's symbols into an ELF file, for GDB",
  help,
  async run(words) {
    if (asksForHelp(words)) {
      process.stdout.write(help());
      return 0;
    }
    const [image, file, ...more] = words;
    if (image === undefined || file === undefined || more.length > 0)
      throw new UserError("symbols wants two names: a kernel's Image, and the file to write");
    const symbols = kernelSymbols(await readKernel(image));
    if (symbols === undefined) throw new UserError(`${image} holds no table of symbols (kallsyms) that can be read`);
    try {
      writeFileSync(file, symbolFile(symbols));
    } catch (error) {
      throw new UserError(`${file}: ${systemErrorText(error)}`);
    }
    process.stdout.write(`${symbols.length} symbols\n`);
    return 0;
  },
};

async function readKernel(path: string): Promise<Uint8Array> {
  try {
    return await unpackKernel(readFileSync(path));
  } catch (error) {
    throw new UserError(`${path}: ${error instanceof LoadError ? error.message : systemErrorText(error)}`);
  }
}
