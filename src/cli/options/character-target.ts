import { UserError } from "../errors.js";
import { Properties } from "./properties.js";
import type { CharacterTarget } from "./run-configuration.js";
import { suggestion } from "./suggest.js";
import { parseSwitch, parseWhole } from "./values.js";

/** The argument of `-serial`: stdio, mon:stdio, null, none, file:PATH, tcp:HOST:PORT[,server][,nowait]. */
export function parseSerial(argument: string, option: string): CharacterTarget {
  const [kind, rest] = splitOnce(argument.replace(/^mon:/, ""), ":");
  if (kind === "stdio" && rest === undefined) return { kind: "stdio" };
  if ((kind === "null" || kind === "none") && rest === undefined) return { kind: "null" };
  if (kind === "file" && rest) return { kind: "file", path: rest };
  if (kind === "tcp" && rest) return parseTcp(rest, option);
  throw new UserError(
    `${option}: '${argument}' is none of stdio, null, file:PATH, tcp:HOST:PORT[,server][,nowait]` +
      suggestion(argument, ["stdio", "null", "mon:stdio"]),
  );
}

/** The argument of `-chardev`: KIND,id=ID and what the kind needs. */
export function parseCharacterDevice(argument: string, option: string): [id: string, target: CharacterTarget] {
  const properties = new Properties(option, argument, "backend");
  const id = properties.require("id");
  const kind = properties.require("backend");
  const target = characterDeviceTarget(kind, properties, option);
  properties.finish();
  return [id, target];
}

function characterDeviceTarget(kind: string, properties: Properties, option: string): CharacterTarget {
  switch (kind) {
    case "stdio":
      // The console's Ctrl-A commands are always there, so `mux` changes nothing.
      properties.get("mux");
      return { kind: "stdio" };
    case "null":
      return { kind: "null" };
    case "file":
      return { kind: "file", path: properties.require("path") };
    case "socket": {
      const wait = properties.get("wait") ?? (properties.get("nowait") ? "off" : "on");
      return {
        kind: "tcp",
        host: properties.get("host") || "localhost",
        port: parseWhole(properties.require("port"), properties.nameOf("port"), 1, 65535),
        server: parseSwitch(properties.get("server") ?? "off", properties.nameOf("server")),
        wait: parseSwitch(wait, properties.nameOf("wait")),
      };
    }
    default:
      throw new UserError(
        `${option}: '${kind}' is none of stdio, null, file, socket${suggestion(kind, ["stdio", "null", "file", "socket"])}`,
      );
  }
}

function parseTcp(text: string, option: string): CharacterTarget {
  const [address = "", ...switches] = text.split(",");
  const colon = address.lastIndexOf(":");
  if (colon < 0) throw new UserError(`${option}: 'tcp:${text}' names no port (tcp:HOST:PORT)`);
  let server = false;
  let wait = true;
  for (const word of switches) {
    const [name, value] = splitOnce(word, "=");
    if (name === "server") server = parseSwitch(value ?? "on", `${option}: server`);
    else if (name === "nowait") wait = !parseSwitch(value ?? "on", `${option}: nowait`);
    else if (name === "wait") wait = parseSwitch(value ?? "on", `${option}: wait`);
    else
      throw new UserError(`${option}: tcp has no property '${word}'${suggestion(word, ["server", "nowait", "wait"])}`);
  }
  return {
    kind: "tcp",
    host: address.slice(0, colon).replace(/^\[(.*)\]$/, "$1") || "localhost",
    port: parseWhole(address.slice(colon + 1), `${option}: port`, 1, 65535),
    server,
    wait,
  };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
