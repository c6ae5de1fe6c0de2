import type { HostDatagrams, HostSockets } from "../../ports/index.js";

/** Flows kept at a time; the one used longest ago goes first. */
const LARGEST_FLOWS = 256;

/** A guest's port and the one that it talks to. */
export interface UdpFlow {
  readonly guest: number;
  readonly guestPort: number;
  readonly peer: number;
  readonly peerPort: number;
}

/** UDP between the guest and the host's sockets: a socket for each pair of ends. */
export class UdpFlows {
  readonly #sockets: HostSockets;
  readonly #deliver: (flow: UdpFlow, data: Uint8Array) => void;
  /** In the order of their last use. */
  readonly #flows = new Map<string, HostDatagrams>();
  /** What outsiders get as answers, by the port that they seem to have. */
  readonly #answers = new Map<string, (data: Uint8Array) => void>();

  /** `deliver` gives the guest a datagram from a flow's peer. */
  constructor(sockets: HostSockets, deliver: (flow: UdpFlow, data: Uint8Array) => void) {
    this.#sockets = sockets;
    this.#deliver = deliver;
  }

  /** Sends what the guest sends, and has answers come back. */
  send(
    guest: number,
    guestPort: number,
    peer: number,
    peerPort: number,
    data: Uint8Array,
    target: { readonly address: string; readonly port: number },
  ): void {
    const key = `${guest}:${guestPort}-${peer}:${peerPort}`;
    const flow = { guest, guestPort, peer, peerPort };
    const socket = this.#flows.get(key) ?? this.#sockets.datagrams((answer) => this.#deliver(flow, answer));
    this.#flows.delete(key);
    this.#flows.set(key, socket);
    for (const [oldest, old] of this.#flows) {
      if (this.#flows.size <= LARGEST_FLOWS) break;
      old.close();
      this.#flows.delete(oldest);
    }
    socket.send(data, target.address, target.port);
  }

  /** Listens at an address of the host's for the guest. `takePort` gives ports that outsiders seem to have. */
  listen(address: string, port: number, guest: number, guestPort: number, takePort: () => number): HostDatagrams {
    const peers = new Map<string, number>();
    const socket = this.#sockets.listenDatagrams(address, port, (data, from, fromPort) => {
      const outsider = `${from}:${fromPort}`;
      let peerPort = peers.get(outsider);
      if (peerPort === undefined) {
        peerPort = takePort();
        peers.set(outsider, peerPort);
        this.#answers.set(`${guest}:${guestPort}-${peerPort}`, (answer) => socket.send(answer, from, fromPort));
      }
      this.#deliver({ guest, guestPort, peer: GATEWAY, peerPort }, data);
    });
    return socket;
  }

  /** Takes what the guest sends to an outsider who came by a forwarded port; false when it is to somebody else. */
  answer(guest: number, guestPort: number, peer: number, peerPort: number, data: Uint8Array): boolean {
    const answer = peer === GATEWAY ? this.#answers.get(`${guest}:${guestPort}-${peerPort}`) : undefined;
    answer?.(data.slice());
    return answer !== undefined;
  }

  close(): void {
    for (const socket of this.#flows.values()) socket.close();
    this.#flows.clear();
  }
}

/** Where outsiders seem to be: 10.0.2.2. */
const GATEWAY = 0x0a00_0202;
