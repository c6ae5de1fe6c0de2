import { DebugMemory } from "../memory.js";
import { hex, type MonitorCommand, type MonitorContext, MonitorError } from "./command.js";
import { examine, parseExamineFormat } from "./examine.js";

const unitSizes: Readonly<Record<string, 1 | 2 | 4 | 8>> = { b: 1, h: 2, w: 4, g: 8 };

function memoryOf({ machine }: MonitorContext, physical: boolean): DebugMemory {
  const memory = new DebugMemory(machine);
  memory.physical = physical;
  return memory;
}

function read(context: MonitorContext, physical: boolean, formatText: string, expression: string): string {
  if (expression === "") throw new MonitorError("an address is missing");
  const format = parseExamineFormat(formatText);
  const address = context.evaluate(expression);
  const length = format.count * format.unit;
  const bytes = memoryOf(context, physical).read(context.pe, address, length);
  if (bytes.length < length) {
    const where = hex(address + BigInt(bytes.length));
    throw new MonitorError(
      `can't read ${length} bytes at ${hex(address)}: nothing is ${physical ? "" : "mapped "}at ${where}`,
    );
  }
  return examine(address, bytes, format, context.disassemble);
}

function write(context: MonitorContext, physical: boolean, format: string, argument: string): string {
  const size = unitSizes[format || "w"];
  if (size === undefined) throw new MonitorError(`'${format}' is not a size: b, h, w or g`);
  const [target = "", ...values] = argument.split(/\s+/);
  if (values.length === 0) throw new MonitorError("a value is missing: an address, then values");
  const address = context.evaluate(target);
  const bytes = new Uint8Array(size * values.length);
  for (const [i, text] of values.entries()) {
    const value = BigInt.asUintN(64, context.evaluate(text));
    if (value >= 1n << BigInt(8 * size)) throw new MonitorError(`${text} doesn't fit ${size} bytes`);
    for (let b = 0; b < size; b++) bytes[i * size + b] = Number((value >> BigInt(8 * b)) & 0xffn);
  }
  if (!memoryOf(context, physical).write(context.pe, address, bytes))
    throw new MonitorError(
      `can't write ${bytes.length} bytes at ${hex(address)}: nothing is ${physical ? "" : "mapped "}there`,
    );
  return "";
}

export const memoryCommands: Readonly<Record<string, MonitorCommand>> = {
  x: {
    usage: "x/FMT ADDRESS",
    help: "memory at a virtual address; FMT as in GDB: x/4xg, x/8i",
    run: (context, argument, format) => read(context, false, format, argument),
  },
  xp: {
    usage: "xp/FMT ADDRESS",
    help: "memory at a physical address",
    run: (context, argument, format) => read(context, true, format, argument),
  },
  w: {
    usage: "w/SIZE ADDRESS VALUE...",
    help: "write at a virtual address; SIZE is b, h, w or g",
    run: (context, argument, format) => write(context, false, format, argument),
  },
  wp: {
    usage: "wp/SIZE ADDRESS VALUE...",
    help: "write at a physical address",
    run: (context, argument, format) => write(context, true, format, argument),
  },
};
