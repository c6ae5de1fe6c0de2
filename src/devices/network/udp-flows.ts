import type { Alarm, Clock, HostDatagrams, HostSockets } from "../../ports/index.js";

/** Flows kept at a time; the one used longest ago goes first. */
const LARGEST_FLOWS = 256;
/** How long a flow is kept without a datagram from the guest. */
const LIFETIME_NANOSECONDS = 60_000_000_000;

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
  readonly #flows = new Map<string, { readonly socket: HostDatagrams; readonly end: Alarm }>();
  /** What outsiders get as answers, by the port that they seem to have. */
  readonly #answers = new Map<string, (data: Uint8Array) => void>();

  /** `deliver` gives the guest a datagram from a flow's peer. */
  constructor(sockets: HostSockets, deliver: (flow: UdpFlow, data: Uint8Array) => void) {
    this.#sockets = sockets;
    this.#deliver = deliver;
  }

  /** Sends what the guest sends, and has answers come back. */
  send(
    clock: Clock,
    guest: number,
    guestPort: number,
    peer: number,
    peerPort: number,
    data: Uint8Array,
    target: { readonly address: string; readonly port: number },
  ): void {
    const key = `${guest}:${guestPort}-${peer}:${peerPort}`;
    const flow = { guest, guestPort, peer, peerPort };
    const known = this.#flows.get(key);
    known?.end.cancel();
    const socket = known?.socket ?? this.#sockets.datagrams((answer) => this.#deliver(flow, answer));
    this.#flows.delete(key);
    this.#flows.set(key, { socket, end: clock.schedule(clock.now() + LIFETIME_NANOSECONDS, () => this.#end(key)) });
    for (const oldest of this.#flows.keys()) {
      if (this.#flows.size <= LARGEST_FLOWS) break;
      this.#end(oldest);
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
    for (const key of [...this.#flows.keys()]) this.#end(key);
  }

  #end(key: string): void {
    const flow = this.#flows.get(key);
    flow?.end.cancel();
    flow?.socket.close();
    this.#flows.delete(key);
  }
}

/** Where outsiders seem to be: 10.0.2.2. */
const GATEWAY = 0x0a00_0202;
