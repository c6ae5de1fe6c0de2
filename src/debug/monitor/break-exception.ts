import type { TakenException } from "../../board/debug-port.js";
import { exceptionName } from "../../board/exception-names.js";
import { hex, type MonitorCommand, MonitorError } from "./command.js";

/** Exception classes by short names (ESR_ELx.EC, DDI 0487 D17.2.37); an abort has a class for each side. */
const classes: Readonly<Record<string, readonly number[]>> = {
  undefined: [0x00],
  wfx: [0x01],
  fp: [0x07],
  pauth: [0x09, 0x1c],
  bti: [0x0d],
  illegal: [0x0e],
  svc: [0x15],
  hvc: [0x16],
  smc: [0x17],
  sysreg: [0x18],
  sve: [0x19],
  eret: [0x1a],
  "instruction-abort": [0x20, 0x21],
  "pc-alignment": [0x22],
  "data-abort": [0x24, 0x25],
  abort: [0x20, 0x21, 0x24, 0x25],
  "sp-alignment": [0x26],
  breakpoint: [0x30, 0x31],
  step: [0x32, 0x33],
  watchpoint: [0x34, 0x35],
  brk: [0x3c],
};
/** Kinds without a class, by (vector >> 7) & 3. */
const interrupts: Readonly<Record<string, number>> = { sync: 0, irq: 1, fiq: 2, serror: 3 };

/** Which exceptions stop the machine. Conditions that are left out hold for all. */
interface ExceptionBreak {
  readonly number: number;
  readonly text: string;
  readonly to: number | undefined;
  readonly from: number | undefined;
  readonly classes: readonly number[] | undefined;
  readonly interrupt: number | undefined;
  readonly pe: number | undefined;
}

function parseBreak(text: string, number: number): ExceptionBreak {
  let to: number | undefined;
  let from: number | undefined;
  let pe: number | undefined;
  let ofClasses: readonly number[] | undefined;
  let interrupt: number | undefined;
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const match = /^(el|from|class|pe)=(.+)$/.exec(word);
    if (!match) throw new MonitorError(`'${word}' is none of el=N, from=N, class=NAME, pe=N`);
    const [, key, value = ""] = match;
    if (key === "class") {
      const code = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : undefined;
      if (code !== undefined) ofClasses = [code];
      else if (Object.hasOwn(classes, value)) ofClasses = classes[value];
      else if (Object.hasOwn(interrupts, value)) interrupt = interrupts[value];
      else
        throw new MonitorError(
          `there is no class '${value}'; there are ${[...Object.keys(interrupts), ...Object.keys(classes)].join(", ")}, and numbers (ESR_ELx.EC)`,
        );
      continue;
    }
    if (!/^\d+$/.test(value) || (key !== "pe" && Number(value) > 3))
      throw new MonitorError(
        `${key}=${value}: ${key === "pe" ? "a PE's number" : "an Exception level, 0 to 3"} is needed`,
      );
    if (key === "el") to = Number(value);
    else if (key === "from") from = Number(value);
    else pe = Number(value);
  }
  return { number, text: text.trim() || "all", to, from, classes: ofClasses, interrupt, pe };
}

function matches(wanted: ExceptionBreak, taken: TakenException): boolean {
  if (wanted.to !== undefined && wanted.to !== taken.to) return false;
  if (wanted.from !== undefined && wanted.from !== taken.from) return false;
  if (wanted.pe !== undefined && wanted.pe !== taken.pe) return false;
  if (wanted.interrupt !== undefined && wanted.interrupt !== ((taken.vector >> 7) & 3)) return false;
  return (
    wanted.classes === undefined ||
    (taken.exceptionClass !== undefined && wanted.classes.includes(taken.exceptionClass))
  );
}

/** The exceptions at whose vectors the machine stops, for each machine that has any. */
const breaks = new WeakMap<object, ExceptionBreak[]>();

export const breakExceptionCommands: Readonly<Record<string, MonitorCommand>> = {
  "break-exception": {
    usage: "break-exception [el=N] [from=N] [class=NAME] [pe=N]",
    help: "stop at the vector of exceptions to EL N, of a class: svc, hvc, data-abort, irq... or a number",
    run: ({ machine }, argument) => {
      const list = breaks.get(machine) ?? [];
      const wanted = parseBreak(argument, Math.max(0, ...list.map(({ number }) => number)) + 1);
      if (wanted.to !== undefined && wanted.to < 1) throw new MonitorError("no exception is taken to EL0");
      if (wanted.pe !== undefined && wanted.pe >= machine.processors)
        throw new MonitorError(`the machine has PEs 0 to ${machine.processors - 1}`);
      list.push(wanted);
      breaks.set(machine, list);
      machine.debug.attach();
      machine.debug.exceptionStops = (taken) => list.some((each) => matches(each, taken));
      return `exception breakpoint ${wanted.number}: ${wanted.text}`;
    },
  },
  "delete-exception": {
    usage: "delete-exception [NUMBER]",
    help: "take away one of them, or all",
    run: ({ machine }, argument) => {
      const list = breaks.get(machine) ?? [];
      const at = list.findIndex(({ number }) => String(number) === argument);
      if (argument !== "" && at < 0) throw new MonitorError(`there is no exception breakpoint ${argument}`);
      if (argument === "") list.length = 0;
      else list.splice(at, 1);
      if (list.length === 0) machine.debug.exceptionStops = undefined;
      return "";
    },
  },
  "info-exceptions": {
    usage: "info-exceptions",
    help: "exception breakpoints, and how many exceptions of which class were taken",
    run: ({ machine }) => {
      const list = (breaks.get(machine) ?? []).map(({ number, text }) => `exception breakpoint ${number}: ${text}`);
      const counts = machine.debug.processors.flatMap((pe) =>
        [...pe.exceptionCounts.entries()]
          .filter(([, count]) => count > 0)
          .map(
            ([kind, count]) =>
              `PE ${pe.index}: ${count} ${exceptionName(kind)}${kind < 64 ? ` (EC ${hex(kind)})` : ""}`,
          ),
      );
      return [...list, ...counts].join("\n");
    },
  },
};
