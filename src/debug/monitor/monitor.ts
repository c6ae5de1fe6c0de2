import type { Machine } from "../../board/machine.js";
import { breakExceptionCommands } from "./break-exception.js";
import { hex64, type MonitorCommand, type MonitorContext, MonitorError, processorOf } from "./command.js";
import { describeGic } from "./gic.js";
import { memoryCommands } from "./memory-commands.js";
import { describeRegisters } from "./registers.js";
import { describeTlbs } from "./tlb.js";
import { translationCommands } from "./translation.js";

/** What `info` tells, by name. */
const topics: Readonly<Record<string, (context: MonitorContext, argument: string) => string>> = {
  registers: describeRegisters,
  cpus: ({ machine, pe }) =>
    Array.from({ length: machine.processors }, (_, each) => {
      const pc = machine.readRegister(each, "PC");
      return `${each === pe ? "*" : " "} CPU #${each}: ${machine.processorState(each)}, pc=${hex64(pc)}`;
    }).join("\n"),
  mtree: ({ machine }) =>
    machine
      .memoryMap()
      .map(
        ({ base, size, kind, name }) => `${hex64(BigInt(base))}-${hex64(BigInt(base + size - 1))}: ${name} (${kind})`,
      )
      .join("\n"),
  tlb: (context) => describeTlbs(processorOf(context)),
  gic: ({ machine }) => describeGic(machine),
  status: ({ machine }) => `VM status: ${machine.debug.stopped ? "paused" : "running"}`,
};

const commands: Readonly<Record<string, MonitorCommand>> = {
  help: { usage: "help", help: "this list", run: () => listCommands() },
  info: {
    usage: "info registers [system|NAME...]|cpus|mtree|tlb|gic|status",
    help: "registers of the current PE, PEs, the physical address space, translations held, the interrupt controller",
    run: (context, argument) => {
      const [topic = "", ...rest] = argument.split(/\s+/);
      const tell = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
      if (tell) return tell(context, rest.join(" "));
      const names = Object.keys(topics).map((name) => `info ${name}`);
      throw new MonitorError(`'info ${topic}' isn't there; ${names.slice(0, -1).join(", ")} and ${names.at(-1)} are`);
    },
  },
  cpu: {
    usage: "cpu N",
    help: "make PE N the current one",
    run: (context, argument) => {
      const pe = Number(argument);
      if (!/^\d+$/.test(argument) || pe >= context.machine.processors)
        throw new MonitorError(`the machine has CPUs 0 to ${context.machine.processors - 1}, no CPU '${argument}'`);
      context.pe = pe;
      return "";
    },
  },
  ...memoryCommands,
  ...translationCommands,
  ...breakExceptionCommands,
  stop: {
    usage: "stop",
    help: "let the machine stand still",
    run: ({ machine }) => {
      machine.debug.pause();
      return "";
    },
  },
  cont: {
    usage: "cont",
    help: "let it go on",
    run: ({ machine }) => {
      if (machine.debug.stopped) machine.debug.resume(() => "continue");
      return "";
    },
  },
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
    run: (context) => {
      context.quit();
      return "";
    },
  },
};
const aliases: Readonly<Record<string, string>> = {
  "?": "help",
  h: "help",
  q: "quit",
  i: "info",
  c: "cont",
  s: "stop",
};

export interface MonitorOptions {
  disassemble(word: number, address: bigint): string;
  /** Ends the machine. */
  quit(): void;
  /** The command that a mistyped word is near to. */
  nearest?(word: string, candidates: readonly string[]): string | undefined;
}

/** The monitor behind Ctrl-A c, and behind GDB's `monitor`: a line in, text out. */
export class Monitor {
  readonly #context: MonitorContext;
  readonly #nearest: MonitorOptions["nearest"];

  constructor(machine: Machine, options: MonitorOptions) {
    this.#nearest = options.nearest;
    this.#context = {
      machine,
      pe: 0,
      disassemble: (word, address) => options.disassemble(word, address),
      quit: () => options.quit(),
      evaluate: (text) => this.#evaluate(text),
    };
  }

  /** Makes PE `n` the current one. */
  select(pe: number): void {
    this.#context.pe = pe;
  }

  /** Carries out a command. What is wrong with it comes back as text too. */
  execute(line: string): string {
    try {
      const match = /^([^\s/]+)(?:\/(\S*))?\s*(.*)$/s.exec(line.trim());
      if (!match) return "";
      const [, word = "", format = "", argument = ""] = match;
      const name = Object.hasOwn(aliases, word) ? aliases[word]! : word;
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (!command) {
        const near = this.#nearest?.(word, Object.keys(commands));
        return `unknown command '${line}'${near ? `; did you mean ${commands[near]!.usage}?` : "; help lists them"}`;
      }
      return command.run(this.#context, argument.trim(), format);
    } catch (error) {
      if (error instanceof MonitorError) return error.message;
      throw error;
    }
  }

  /** A number, or a register's name after $, with numbers added or subtracted. */
  #evaluate(text: string): bigint {
    const terms = text.match(/[+-]?[^+-]+/g) ?? [""];
    const sum = terms.reduce((total, term) => {
      const [, sign, word = ""] = /^([+-]?)\s*(.*)$/.exec(term.trim())!;
      const value = this.#term(word.trim());
      return sign === "-" ? total - value : total + value;
    }, 0n);
    return BigInt.asUintN(64, sum);
  }

  #term(word: string): bigint {
    if (/^(0x[0-9a-f]+|\d+)$/i.test(word)) return BigInt(word);
    const name = /^\$(\w+)$/.exec(word)?.[1]?.toUpperCase();
    const { machine, pe } = this.#context;
    if (name && machine.registerNames.includes(name)) return machine.readRegister(pe, name);
    throw new MonitorError(`'${word}' is neither an address nor a register ($pc, $sp, $x0, $elr_el1)`);
  }
}

function listCommands(): string {
  const width = Math.max(...Object.values(commands).map(({ usage }) => usage.length)) + 2;
  return Object.values(commands)
    .map(({ usage, help }) => usage.padEnd(width) + help)
    .join("\n");
}
