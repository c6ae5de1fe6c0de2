import type { Command } from "./commands/command.js";
import { UserError } from "./errors.js";
import { enableHostFeatures } from "./host-features.js";
import { suggestion } from "./options/suggest.js";

/** Subcommands, loaded when they are wanted: a machine should start at once. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.js")).runCommand,
  compare: async () => (await import("./commands/compare.js")).compareCommand,
  get: async () => (await import("./commands/get.js")).getCommand,
  disassemble: async () => (await import("./commands/disassemble.js")).disassembleCommand,
  "code-library": async () => (await import("./commands/code-library.js")).codeLibraryCommand,
  symbols: async () => (await import("./commands/symbols.js")).symbolsCommand,
};

/** EX_SOFTWARE of sysexits.h. */
const internalError = 70;

/** The `trapeze` command. Returns the exit status; a user's mistake is one sentence on standard error and status 1. */
export async function main(words: readonly string[]): Promise<number> {
  enableHostFeatures();
  try {
    return await dispatch(words);
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`trapeze: ${error.message}\n`);
      return 1;
    }
    const details = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`trapeze: a fault of its own, please report it: ${details}\n`);
    return internalError;
  }
}

async function dispatch([name, ...words]: readonly string[]): Promise<number> {
  if (name === undefined) {
    process.stderr.write(await overview());
    return 1;
  }
  if (name === "help" || /^(-h|--?help)$/.test(name)) {
    const about = words[0];
    process.stdout.write(about === undefined ? await overview() : (await commandNamed(about)).help());
    return 0;
  }
  return (await commandNamed(name)).run(words);
}

function commandNamed(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load) return load();
  const isOption = name.startsWith("-");
  const hint = isOption
    ? `; options follow a command, as in: trapeze run ${name}`
    : suggestion(name, [...Object.keys(commands), "help"]);
  throw new UserError(`there is no command '${name}'${hint}`);
}

async function overview(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(14)}${(await load()).summary}`),
  );
  return `trapeze COMMAND ...: an AArch64 machine

Commands:
${lines.join("\n")}
  help COMMAND  tell more about a command (also: trapeze COMMAND --help)

Examples:
  trapeze run demo
  trapeze get debian && trapeze run debian
  trapeze run -M virt -cpu cortex-a57 -smp 2 -m 1G -kernel Image -initrd initrd.gz -append console=ttyAMA0
`;
}
