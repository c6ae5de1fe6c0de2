import type { Machine } from "../../board/machine.js";
import { UserError } from "../errors.js";
import { nearest } from "../options/suggest.js";
import { examine, parseExamineFormat } from "./examine.js";

interface MonitorCommand {
  readonly usage: string;
  readonly help: string;
  run(monitor: Monitor, argument: string): string;
}

const commands: Readonly<Record<string, MonitorCommand>> = {
  help: { usage: "help", help: "this list", run: () => listCommands() },
  info: {
    usage: "info registers|cpus|mtree",
    help: "registers of the current PE, PEs, the physical address space",
    run: (monitor, what) => monitor.info(what),
  },
  cpu: { usage: "cpu N", help: "make PE N the current one", run: (monitor, n) => monitor.select(n) },
  x: { usage: "x/FMT ADDRESS", help: "memory at a virtual address; FMT as in GDB: x/4xg, x/8i", run: () => "" },
  xp: { usage: "xp/FMT ADDRESS", help: "memory at a physical address", run: () => "" },
  system_powerdown: {
    usage: "system_powerdown",
    help: "press the power button",
    run: ({ machine }) => {
      machine.pressPowerButton();
      return "";
    },
  },
  system_reset: {
    usage: "system_reset",
    help: "reset the machine",
    run: ({ machine }) => {
      machine.reset();
      return "";
    },
  },
  quit: {
    usage: "quit",
    help: "end",
    run: (monitor) => {
      monitor.quit();
      return "";
    },
  },
};
const aliases: Readonly<Record<string, string>> = { "?": "help", h: "help", q: "quit", i: "info" };

/** The small monitor behind Ctrl-A c: a line in, text out. */
export class Monitor {
  readonly machine: Machine;
  readonly quit: () => void;
  readonly #disassemble: (word: number, address: bigint) => string;
  #pe = 0;

  constructor(machine: Machine, disassemble: (word: number, address: bigint) => string, quit: () => void) {
    this.machine = machine;
    this.#disassemble = disassemble;
    this.quit = quit;
  }

  /** Carries out a command. What is wrong with it comes back as text too. */
  execute(line: string): string {
    try {
      const examined = /^(xp?)(?:\/(\S*))?\s+(\S.*)$/.exec(line);
      if (examined) return this.#examine(examined[1] === "xp", examined[2] ?? "", examined[3]!);
      const [word = "", ...rest] = line.split(/\s+/);
      const name = Object.hasOwn(aliases, word) ? aliases[word]! : word;
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!command || /^xp?$/.test(name)) {
        const near = nearest(word, Object.keys(commands));
        return `unknown command '${line}'${near ? `; did you mean ${commands[near]!.usage}?` : ""}`;
      }
      return command.run(this, rest.join(" "));
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }

  info(what: string): string {
    switch (what) {
      case "registers":
        return this.#registers();
      case "cpus":
        return Array.from({ length: this.machine.processors }, (_, pe) => {
          const pc = this.machine.readRegister(pe, "PC");
          return `${pe === this.#pe ? "*" : " "} CPU #${pe}: ${this.machine.processorState(pe)}, pc=${hex64(pc)}`;
        }).join("\n");
      case "mtree":
        return this.machine
          .memoryMap()
          .map(
            ({ base, size, kind, name }) =>
              `${hex64(BigInt(base))}-${hex64(BigInt(base + size - 1))}: ${name} (${kind})`,
          )
          .join("\n");
      default:
        throw new UserError(`'info ${what}' isn't there; info registers, info cpus and info mtree are`);
    }
  }

  select(argument: string): string {
    const pe = Number(argument);
    if (!/^\d+$/.test(argument) || pe >= this.machine.processors)
      throw new UserError(`the machine has CPUs 0 to ${this.machine.processors - 1}, no CPU '${argument}'`);
    this.#pe = pe;
    return "";
  }

  #registers(): string {
    const read = (name: string): bigint => this.machine.readRegister(this.#pe, name);
    const general = Array.from({ length: 31 }, (_, n) => `X${String(n).padStart(2, "0")}=${hex64(read(`X${n}`))}`);
    const lines = [`PC=${hex64(read("PC"))} ${general[0]} ${general[1]}`];
    for (let n = 2; n < 31; n += 3) lines.push(general.slice(n, n + 3).join(" "));
    lines[lines.length - 1] += ` SP=${hex64(read("SP"))}`;
    const pstate = Number(read("PSTATE"));
    const flags = [..."NZCV"].map((flag, i) => ((pstate >>> (31 - i)) & 1 ? flag : "-")).join("");
    const level = `EL${(pstate >> 2) & 3}${pstate & 1 ? "h" : "t"}`;
    lines.push(`PSTATE=${pstate.toString(16).padStart(8, "0")} ${flags} ${level}`);
    for (let n = 0; n < 32; n += 2)
      lines.push(
        [n, n + 1]
          .map((i) => `V${String(i).padStart(2, "0")}=${read(`V${i}`).toString(16).padStart(32, "0")}`)
          .join(" "),
      );
    lines.push(`FPCR=${hex32(read("FPCR"))} FPSR=${hex32(read("FPSR"))}`);
    return lines.join("\n");
  }

  #examine(physical: boolean, formatText: string, expression: string): string {
    const format = parseExamineFormat(formatText);
    const address = this.#address(expression);
    const length = format.count * format.unit;
    const bytes = physical
      ? this.machine.readMemory(Number(address), length)
      : this.machine.readVirtual(this.#pe, address, length);
    if (!bytes) {
      const reason = physical ? "there is no RAM" : "nothing is mapped, or a device is there";
      throw new UserError(`can't read ${length} bytes at 0x${address.toString(16)}: ${reason}`);
    }
    return examine(address, bytes, format, this.#disassemble);
  }

  /** A number, or a register's name after $. */
  #address(text: string): bigint {
    if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return BigInt.asUintN(64, BigInt(text));
    const name = /^\$(\w+)$/.exec(text)?.[1]?.toUpperCase();
    if (name && this.machine.registerNames.includes(name))
      return BigInt.asUintN(64, this.machine.readRegister(this.#pe, name));
    throw new UserError(`'${text}' is neither an address nor a register ($pc, $sp, $x0, $elr_el1)`);
  }
}

function listCommands(): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length)) + 2;
  return Object.values(commands)
    .map(({ usage, help }) => usage.padEnd(width) + help)
    .join("\n");
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

function hex32(value: bigint): string {
  return value.toString(16).padStart(8, "0");
}
