import { UserError } from "../errors.js";
import type { GdbTarget } from "./run-configuration.js";
import { parseWhole } from "./values.js";

/** The port of `-s`. */
export const defaultGdbPort = 1234;

/** The argument of `-gdb`: tcp::PORT, tcp:HOST:PORT, unix:PATH, stdio, none. What follows a comma is QEMU's, for servers. */
export function parseGdbTarget(argument: string, option: string): GdbTarget | undefined {
  const [device = "", ...switches] = argument.split(",");
  for (const word of switches)
    if (!/^(server(=on)?|nowait|wait=off|ipv4(=on)?|ipv6(=off)?)$/.test(word))
      throw new UserError(`${option}: the property '${word}' isn't offered; the server never waits`);
  if (device === "none") return undefined;
  if (device === "stdio") return { kind: "stdio" };
  const path = /^unix:(.+)$/.exec(device)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const tcp = /^tcp:(.*):([^:]*)$/.exec(device);
  if (!tcp) throw new UserError(`${option}: '${argument}' is none of tcp::PORT, tcp:HOST:PORT, unix:PATH, stdio, none`);
  const host = tcp[1]!.replace(/^\[(.*)\]$/, "$1") || "localhost";
  return { kind: "tcp", host, port: parseWhole(tcp[2]!, `${option}: port`, 0, 65535) };
}
