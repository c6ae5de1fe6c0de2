/** Formats of the Internet's packets: Ethernet II, ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768). Addresses of IPv4 are 32-bit numbers. */

export const EtherType = { ipv4: 0x0800, arp: 0x0806 } as const;
export const Protocol = { icmp: 1, tcp: 6, udp: 17 } as const;
export const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const UDP_BYTES = 8;
const TIME_TO_LIVE = 64;
/** What a frame of 1500 bytes leaves for a datagram's contents. */
export const LARGEST_DATAGRAM = 1500 - IPV4_BYTES - UDP_BYTES;

export const BROADCAST_MAC = Uint8Array.of(255, 255, 255, 255, 255, 255);
export const BROADCAST_ADDRESS = 0xffff_ffff;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** "10.0.2.15" as a number; undefined when it is no address. */
export function parseAddress(text: string): number | undefined {
  const parts = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split(".").map(Number) : [];
  if (parts.length !== 4 || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((address, part) => address * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** An Ethernet frame around `payload`, padded to the least length. */
export function ethernetFrame(to: Uint8Array, from: Uint8Array, type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(60, ETHERNET_BYTES + payload.length));
  frame.set(to);
  frame.set(from, 6);
  viewOf(frame).setUint16(12, type);
  frame.set(payload, ETHERNET_BYTES);
  return frame;
}

/** A packet of IPv4 without options that isn't a fragment. */
export interface Ipv4Packet {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** The packet with its header. */
  readonly bytes: Uint8Array;
}

/** Reads a packet; undefined when it is malformed, or a fragment. */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  if (bytes.length < IPV4_BYTES) return undefined;
  const view = viewOf(bytes);
  const header = (bytes[0]! & 15) * 4;
  const length = view.getUint16(2);
  if (bytes[0]! >> 4 !== 4 || header < IPV4_BYTES || length < header || length > bytes.length) return undefined;
  if (checksum([bytes.subarray(0, header)]) !== 0 || (view.getUint16(6) & 0x3fff) !== 0) return undefined;
  return {
    source: view.getUint32(12),
    destination: view.getUint32(16),
    protocol: bytes[9]!,
    payload: bytes.subarray(header, length),
    bytes: bytes.subarray(0, length),
  };
}

/** A packet of IPv4. `identification` should differ from packet to packet. */
export function ipv4Packet(
  source: number,
  destination: number,
  protocol: number,
  payload: Uint8Array,
  identification: number,
): Uint8Array {
  const bytes = new Uint8Array(IPV4_BYTES + payload.length);
  const view = viewOf(bytes);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, identification & 0xffff);
  bytes[8] = TIME_TO_LIVE;
  bytes[9] = protocol;
  view.setUint32(12, source);
  view.setUint32(16, destination);
  view.setUint16(10, checksum([bytes.subarray(0, IPV4_BYTES)]));
  bytes.set(payload, IPV4_BYTES);
  return bytes;
}

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

/** Reads a datagram; undefined when it is malformed. */
export function parseUdp(packet: Ipv4Packet): UdpDatagram | undefined {
  const { payload } = packet;
  if (payload.length < UDP_BYTES) return undefined;
  const view = viewOf(payload);
  const length = view.getUint16(4);
  if (length < UDP_BYTES || length > payload.length) return undefined;
  const datagram = payload.subarray(0, length);
  if (view.getUint16(6) !== 0 && transportChecksum(packet.source, packet.destination, Protocol.udp, datagram) !== 0)
    return undefined;
  return { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2), data: datagram.subarray(UDP_BYTES) };
}

export function udpDatagram(
  source: number,
  sourcePort: number,
  destination: number,
  destinationPort: number,
  data: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(UDP_BYTES + data.length);
  const view = viewOf(bytes);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, bytes.length);
  bytes.set(data, UDP_BYTES);
  // 0 would mean that there is none.
  view.setUint16(6, transportChecksum(source, destination, Protocol.udp, bytes) || 0xffff);
  return bytes;
}

/** The checksum of TCP and UDP, with their pseudo-header; 0 over a segment that has the right one. */
export function transportChecksum(source: number, destination: number, protocol: number, segment: Uint8Array): number {
  const pseudo = new Uint8Array(12);
  const view = viewOf(pseudo);
  view.setUint32(0, source);
  view.setUint32(4, destination);
  view.setUint16(8, protocol);
  view.setUint16(10, segment.length);
  return checksum([pseudo, segment]);
}

/** The Internet checksum (RFC 1071) of pieces that have even lengths, but for the last. */
export function checksum(pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) for (let i = 0; i < piece.length; i += 2) sum += (piece[i]! << 8) | (piece[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
