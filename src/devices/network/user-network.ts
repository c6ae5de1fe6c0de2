import type { HostListener, HostSockets, HostStream, NetworkBackend, NetworkGuest } from "../../ports/index.js";
import { answerDhcp, DHCP } from "./dhcp.js";
import {
  BROADCAST_ADDRESS,
  BROADCAST_MAC,
  checksum,
  ETHERNET_BYTES,
  EtherType,
  ethernetFrame,
  formatAddress,
  type Ipv4Packet,
  ipv4Packet,
  LARGEST_DATAGRAM,
  Protocol,
  parseIpv4,
  parseUdp,
  udpDatagram,
  viewOf,
} from "./packets.js";
import { TcpConnection } from "./tcp-connection.js";
import { parseTcp, TcpFlag, tcpSegment } from "./tcp-segment.js";
import { UdpFlows } from "./udp-flows.js";

/** The network's addresses, QEMU's: 10.0.2.0/24 with the host at .2, its resolver at .3, the guest at .15. */
export const USER_NETWORK = {
  mask: 0xffff_ff00,
  gateway: 0x0a00_0202,
  resolver: 0x0a00_0203,
  guest: 0x0a00_020f,
} as const;

const GATEWAY_MAC = Uint8Array.of(0x52, 0x55, 0x0a, 0x00, 0x02, 0x02);
const RESOLVER_PORT = 53;
const LOOPBACK = "127.0.0.1";
/** From a guest's frame to the answer. Answers that the host has no part in come after exactly this time, run after run. */
const LATENCY_NANOSECONDS = 20_000;
const LARGEST_CONNECTIONS = 1024;
/** Ports that connections from outside seem to come from. */
const FIRST_PORT = 49_152;
const SEQUENCE_STEP = 64_000;

const Icmp = { echoReply: 0, unreachable: 3, echo: 8, prohibited: 13 } as const;

export interface UserNetworkForward {
  readonly protocol: "tcp" | "udp";
  /** The host's address to listen on; all of them when empty. */
  readonly hostAddress: string;
  readonly hostPort: number;
  /** The guest's address, as a number. */
  readonly guestAddress: number;
  readonly guestPort: number;
}

export interface UserNetworkOptions {
  readonly sockets: HostSockets;
  readonly forwards?: readonly UserNetworkForward[];
  /** Nothing but what is forwarded gets out of the network or into it. */
  readonly restricted?: boolean;
}

/**
 * A network in user mode: the guest talks to a gateway that answers ARP, DHCP and pings itself, and carries TCP and UDP on by sockets
 * of the host's. IPv4 only, without fragments.
 */
export class UserNetwork implements NetworkBackend {
  readonly #options: UserNetworkOptions;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #listeners: HostListener[] = [];
  readonly #udp: UdpFlows;
  #guest: NetworkGuest | undefined;
  /** Learnt from what the guest sends. */
  #guestMac: Uint8Array = BROADCAST_MAC;
  /** Whether what happens is the guest's doing, and answers have to come later. */
  #answering = false;
  #identification = 0;
  #sequence = 0;
  #nextPort = FIRST_PORT;

  constructor(options: UserNetworkOptions) {
    this.#options = options;
    this.#udp = new UdpFlows(options.sockets, (flow, data) =>
      this.#sendUdp(flow.peer, flow.peerPort, flow.guest, flow.guestPort, data),
    );
  }

  connect(guest: NetworkGuest): void {
    this.#guest = guest;
    for (const forward of this.#options.forwards ?? []) this.#listeners.push(this.#listen(forward));
  }

  /** Closes all sockets. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
    for (const connection of [...this.#connections.values()]) connection.abandon();
    this.#udp.close();
  }

  send(frame: Uint8Array): void {
    if (frame.length < ETHERNET_BYTES) return;
    this.#answering = true;
    const type = viewOf(frame).getUint16(12);
    const payload = frame.subarray(ETHERNET_BYTES);
    this.#guestMac = frame.slice(6, 12);
    if (type === EtherType.arp) this.#answerArp(payload);
    else if (type === EtherType.ipv4) {
      const packet = parseIpv4(payload);
      if (packet) this.#route(packet);
    }
    this.#answering = false;
  }

  #answerArp(request: Uint8Array): void {
    if (request.length < 28) return;
    const view = viewOf(request);
    const target = view.getUint32(24);
    // Hardware Ethernet, protocol IPv4, a request; for the gateway or the resolver.
    if (view.getUint32(0) !== 0x0001_0800 || view.getUint16(6) !== 1) return;
    if (target !== USER_NETWORK.gateway && target !== USER_NETWORK.resolver) return;
    const reply = request.slice(0, 28);
    const out = viewOf(reply);
    out.setUint16(6, 2);
    reply.set(request.subarray(8, 18), 18);
    reply.set(GATEWAY_MAC, 8);
    out.setUint32(14, target);
    this.#deliver(ethernetFrame(request.subarray(8, 14), GATEWAY_MAC, EtherType.arp, reply));
  }

  #route(packet: Ipv4Packet): void {
    switch (packet.protocol) {
      case Protocol.icmp:
        this.#routeIcmp(packet);
        return;
      case Protocol.udp:
        this.#routeUdp(packet);
        return;
      case Protocol.tcp:
        this.#routeTcp(packet);
        return;
    }
  }

  /** Echoes to the network's own addresses are answered; others would need rights that the host's process hasn't got. */
  #routeIcmp(packet: Ipv4Packet): void {
    const { payload, source, destination } = packet;
    if (payload[0] !== Icmp.echo || payload.length < 8) return;
    const own = destination === USER_NETWORK.gateway || destination === USER_NETWORK.resolver;
    const message = own ? payload.slice() : new Uint8Array(8 + Math.min(packet.bytes.length, 28));
    if (own) message[0] = Icmp.echoReply;
    else {
      message[0] = Icmp.unreachable;
      message[1] = Icmp.prohibited;
      message.set(packet.bytes.subarray(0, 28), 8);
    }
    const view = viewOf(message);
    view.setUint16(2, 0);
    view.setUint16(2, checksum([message]));
    this.#sendIp(own ? destination : USER_NETWORK.gateway, source, Protocol.icmp, message);
  }

  #routeUdp(packet: Ipv4Packet): void {
    const datagram = parseUdp(packet);
    if (!datagram) return;
    const { source, destination } = packet;
    if (datagram.destinationPort === DHCP.serverPort) {
      const { mask, gateway, resolver, guest } = USER_NETWORK;
      const reply = answerDhcp(datagram.data, { client: guest, mask, router: gateway, dns: resolver, server: gateway });
      if (reply) this.#sendUdp(gateway, DHCP.serverPort, BROADCAST_ADDRESS, DHCP.clientPort, reply);
      return;
    }
    const { sourcePort, destinationPort, data } = datagram;
    if (this.#udp.answer(source, sourcePort, destination, destinationPort, data)) return;
    const target = this.#target(destination, destinationPort);
    if (target && this.#guest)
      this.#udp.send(this.#guest.clock, source, sourcePort, destination, destinationPort, data.slice(), target);
  }

  #routeTcp(packet: Ipv4Packet): void {
    const segment = parseTcp(packet);
    if (!segment) return;
    const { source, destination } = packet;
    const key = connectionKey(source, segment.sourcePort, destination, segment.destinationPort);
    let connection = this.#connections.get(key);
    if (!connection) {
      const { flags } = segment;
      const target = this.#target(destination, segment.destinationPort);
      const opens = (flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst)) === TcpFlag.syn;
      if (!opens || !target || this.#connections.size >= LARGEST_CONNECTIONS) {
        if (!(flags & TcpFlag.rst)) this.#refuse(packet, segment);
        return;
      }
      connection = this.#makeConnection(source, segment.sourcePort, destination, segment.destinationPort, (events) =>
        this.#options.sockets.connect(target.address, target.port, events),
      );
    }
    connection.receive(segment);
  }

  /** A reset for a segment that no connection is for (RFC 9293, 3.10.7.1). */
  #refuse({ source, destination }: Ipv4Packet, segment: NonNullable<ReturnType<typeof parseTcp>>): void {
    const { flags, data } = segment;
    const length = data.length + (flags & TcpFlag.syn ? 1 : 0) + (flags & TcpFlag.fin ? 1 : 0);
    const hasAck = (flags & TcpFlag.ack) !== 0;
    const reset = tcpSegment(destination, source, {
      sourcePort: segment.destinationPort,
      destinationPort: segment.sourcePort,
      sequence: hasAck ? segment.acknowledgment : 0,
      acknowledgment: hasAck ? 0 : (segment.sequence + length) >>> 0,
      flags: hasAck ? TcpFlag.rst : TcpFlag.rst | TcpFlag.ack,
      window: 0,
      data: new Uint8Array(0),
    });
    this.#sendIp(destination, source, Protocol.tcp, reset);
  }

  /** Where what the guest sends to an address goes on the host; undefined when it goes nowhere. */
  #target(destination: number, port: number): { address: string; port: number } | undefined {
    const { gateway, resolver, mask } = USER_NETWORK;
    if (this.#options.restricted) return undefined;
    if (destination === gateway) return { address: LOOPBACK, port };
    if (destination === resolver) return port === RESOLVER_PORT ? this.#options.sockets.resolver : undefined;
    const local = ((destination ^ gateway) & mask) === 0 || destination >>> 28 >= 0xe;
    return local ? undefined : { address: formatAddress(destination), port };
  }

  #makeConnection(
    guest: number,
    guestPort: number,
    peer: number,
    peerPort: number,
    makeStream: ConstructorParameters<typeof TcpConnection>[1],
  ): TcpConnection {
    const key = connectionKey(guest, guestPort, peer, peerPort);
    this.#sequence = (this.#sequence + SEQUENCE_STEP) >>> 0;
    const connection = new TcpConnection(
      {
        clock: this.#guest!.clock,
        guestPort,
        peerPort,
        initialSequence: this.#sequence,
        send: (segment) => this.#sendIp(peer, guest, Protocol.tcp, tcpSegment(peer, guest, segment)),
        closed: () => void this.#connections.delete(key),
      },
      makeStream,
    );
    this.#connections.set(key, connection);
    return connection;
  }

  #listen(forward: UserNetworkForward): HostListener {
    const { sockets } = this.#options;
    const { hostAddress, hostPort, guestAddress, guestPort } = forward;
    if (forward.protocol === "udp")
      return this.#udp.listen(hostAddress, hostPort, guestAddress, guestPort, () => this.#takePort());
    return sockets.listenStream(hostAddress, hostPort, (stream: HostStream) => {
      const port = this.#takePort();
      const connection = this.#makeConnection(guestAddress, guestPort, USER_NETWORK.gateway, port, () => stream);
      connection.open();
      return connection;
    });
  }

  #takePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65_535 ? FIRST_PORT : port + 1;
    return port;
  }

  #sendUdp(source: number, sourcePort: number, destination: number, destinationPort: number, data: Uint8Array): void {
    if (data.length > LARGEST_DATAGRAM) return;
    const datagram = udpDatagram(source, sourcePort, destination, destinationPort, data);
    this.#sendIp(source, destination, Protocol.udp, datagram);
  }

  #sendIp(source: number, destination: number, protocol: number, payload: Uint8Array): void {
    const packet = ipv4Packet(source, destination, protocol, payload, this.#identification++);
    const to = destination === BROADCAST_ADDRESS ? BROADCAST_MAC : this.#guestMac;
    this.#deliver(ethernetFrame(to, GATEWAY_MAC, EtherType.ipv4, packet));
  }

  #deliver(frame: Uint8Array): void {
    const guest = this.#guest;
    if (!guest) return;
    if (!this.#answering) guest.receive(frame);
    else guest.clock.schedule(guest.clock.now() + LATENCY_NANOSECONDS, () => guest.receive(frame));
  }
}

function connectionKey(guest: number, guestPort: number, peer: number, peerPort: number): string {
  return `${guest}:${guestPort}-${peer}:${peerPort}`;
}
