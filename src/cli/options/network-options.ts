import { UserError } from "../errors.js";
import { Properties } from "./properties.js";
import type { HostForward, NetworkOption, RunConfiguration } from "./run-configuration.js";
import { parseSwitch, parseWhole } from "./values.js";

/** `-netdev user,id=ID[,hostfwd=...]` or `-netdev hubport,id=ID,hubid=N`: what a network device is connected to. */
export function applyNetdev(configuration: RunConfiguration, argument: string, option: string): void {
  const properties = new Properties(option, argument, "type");
  const network = networkFrom(properties, properties.require("type"), properties.require("id"), option);
  properties.finish();
  addNetwork(configuration, network, option);
}

/** `-nic user[,model=virtio-net-pci][,mac=][,hostfwd=]`: a network and its device in one; `-nic none`. */
export function applyNic(configuration: RunConfiguration, argument: string, option: string): void {
  if (argument === "none") return;
  const properties = new Properties(option, argument, "type");
  const model = properties.get("model") ?? "virtio-net-pci";
  const known = ["virtio-net-pci", "virtio", "virtio-net-device"];
  if (!known.includes(model))
    throw new UserError(`${properties.nameOf("model")}: '${model}' isn't offered; ${known.join(", ")} are`);
  const id = properties.get("id") ?? `nic${configuration.networks.length}`;
  const network = networkFrom(properties, properties.require("type"), id, option);
  properties.finish();
  addNetwork(configuration, network, option);
  configuration.devices.push({
    kind: "virtio-net",
    network: id,
    ...(model === "virtio-net-device" ? {} : { bus: "pci" as const }),
  });
}

function networkFrom(properties: Properties, type: string, id: string, option: string): NetworkOption {
  switch (type) {
    case "user": {
      const restricted = parseSwitch(properties.get("restrict") ?? "off", properties.nameOf("restrict"));
      const name = properties.nameOf("hostfwd");
      return {
        kind: "user",
        id,
        restricted,
        forwards: properties.all("hostfwd").map((text) => parseForward(text, name)),
      };
    }
    case "hubport":
      return { kind: "hub", id, hub: parseWhole(properties.require("hubid"), properties.nameOf("hubid"), 0) };
    default:
      throw new UserError(`${option}: '${type}' isn't offered; user and hubport are`);
  }
}

function addNetwork(configuration: RunConfiguration, network: NetworkOption, option: string): void {
  if (configuration.networks.some(({ id }) => id === network.id))
    throw new UserError(`${option}: there are two networks with id=${network.id}`);
  configuration.networks.push(network);
}

/** `tcp|udp:[HOST]:PORT-[GUEST]:PORT` */
function parseForward(text: string, name: string): HostForward {
  const [, protocol, hostAddress = "", hostPort = "", guestAddress = "", guestPort = ""] =
    /^(tcp|udp):([^:-]*):(\d+)-([^:]*):(\d+)$/.exec(text.startsWith(":") ? `tcp${text}` : text) ?? [];
  if (protocol !== "tcp" && protocol !== "udp")
    throw new UserError(`${name}: '${text}' isn't of the form tcp::HOSTPORT-:GUESTPORT`);
  return {
    protocol,
    hostAddress,
    hostPort: parseWhole(hostPort, name, 0, 65535),
    guestAddress,
    guestPort: parseWhole(guestPort, name, 1, 65535),
  };
}
