import { NetworkHub } from "../../devices/network/network-hub.js";
import { parseAddress } from "../../devices/network/packets.js";
import { USER_NETWORK, UserNetwork } from "../../devices/network/user-network.js";
import type { NetworkBackend } from "../../ports/index.js";
import { NodeSockets } from "../backends/node-sockets.js";
import { UserError } from "../errors.js";
import type { NetworkOption, RunConfiguration } from "../options/run-configuration.js";
import { suggestion } from "../options/suggest.js";

/** The networks of `-netdev`, each for one device. */
export class Networks {
  readonly #configuration: RunConfiguration;
  readonly #hubs = new Map<number, NetworkHub>();
  readonly #sockets = new NodeSockets();
  readonly #opened: UserNetwork[] = [];

  constructor(configuration: RunConfiguration) {
    this.#configuration = configuration;
  }

  /** What a device with `netdev=ID` is connected to. */
  open(id: string): NetworkBackend {
    const { networks, devices } = this.#configuration;
    const network = networks.find((each) => each.id === id);
    if (!network) {
      const ids = networks.map((each) => each.id);
      throw new UserError(`there is no -netdev with id=${id}${suggestion(id, ids)}`);
    }
    const users = devices.filter((device) => device.kind === "virtio-net" && device.network === id);
    if (users.length > 1) throw new UserError(`network '${id}' is given to ${users.length} devices`);
    return network.kind === "hub" ? this.#hub(network.hub).port() : this.#user(network);
  }

  /** Networks that no device takes are a mistake, as a mistyped id would make them. */
  refuseUnused(): void {
    const { networks, devices } = this.#configuration;
    for (const { id } of networks)
      if (!devices.some((device) => device.kind === "virtio-net" && device.network === id))
        throw new UserError(`network '${id}' has no device; add -device virtio-net-pci,netdev=${id}`);
  }

  inputOpen(): boolean {
    return this.#sockets.inputOpen;
  }

  close(): void {
    for (const network of this.#opened) network.close();
  }

  #hub(number: number): NetworkHub {
    const hub = this.#hubs.get(number) ?? new NetworkHub();
    this.#hubs.set(number, hub);
    return hub;
  }

  #user({ restricted, forwards }: NetworkOption & { kind: "user" }): UserNetwork {
    const network = new UserNetwork({
      sockets: this.#sockets,
      restricted,
      forwards: forwards.map(({ guestAddress, ...forward }) => {
        const address = guestAddress === "" ? USER_NETWORK.guest : parseAddress(guestAddress);
        if (address === undefined) throw new UserError(`hostfwd: '${guestAddress}' is no IPv4 address`);
        return { ...forward, guestAddress: address };
      }),
    });
    this.#opened.push(network);
    return network;
  }
}
