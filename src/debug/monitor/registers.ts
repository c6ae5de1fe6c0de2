import { visibleSystemRegisters } from "../gdb/target-description.js";
import { hex64, type MonitorContext, MonitorError, processorOf } from "./command.js";

const hex32 = (value: bigint): string => value.toString(16).padStart(8, "0");

/** General registers, PSTATE and the vector registers, as QEMU lays them out. */
function generalRegisters(read: (name: string) => bigint): string {
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
      [n, n + 1].map((i) => `V${String(i).padStart(2, "0")}=${read(`V${i}`).toString(16).padStart(32, "0")}`).join(" "),
    );
  lines.push(`FPCR=${hex32(read("FPCR"))} FPSR=${hex32(read("FPSR"))}`);
  return lines.join("\n");
}

/** `info registers`: the general ones; with `system` those of the register table; with names, these and their fields. */
export function describeRegisters(context: MonitorContext, argument: string): string {
  const { machine, pe } = context;
  const read = (name: string): bigint => machine.readRegister(pe, name);
  if (argument === "") return generalRegisters(read);
  const visible = visibleSystemRegisters(processorOf(context));
  if (argument === "system") {
    const width = Math.max(...visible.map(({ name }) => name.length));
    return visible.map(({ name }) => `${name.padEnd(width)} ${hex64(read(name))}`).join("\n");
  }
  return argument
    .split(/\s+/)
    .map((word) => {
      const name = word.replace(/^\$/, "").toUpperCase();
      const entry = visible.find((register) => register.name === name);
      if (entry === undefined) {
        if (/^([XV]\d+|SP|PC|PSTATE|FPCR|FPSR)$/.test(name) && machine.registerNames.includes(name))
          return `${name} ${hex64(read(name))}`;
        throw new MonitorError(`there is no register '${word}' to be read; 'info registers system' lists them`);
      }
      const value = BigInt.asUintN(64, read(name));
      const fields = [...entry.fields]
        .filter((field) => field.name !== "VALUE")
        .sort((a, b) => b.high - a.high)
        .map((field) => {
          const bits = (value >> BigInt(field.low)) & ((1n << BigInt(field.high - field.low + 1)) - 1n);
          return `${field.name}=${bits < 10n ? bits : `0x${bits.toString(16)}`}`;
        });
      return [`${name} ${hex64(value)}`, ...fields].join(" ");
    })
    .join("\n");
}
