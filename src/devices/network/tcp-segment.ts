import { type Ipv4Packet, Protocol, transportChecksum, viewOf } from "./packets.js";

/** Control bits (RFC 9293, 3.1). */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

const HEADER_BYTES = 20;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_MSS = 2;

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  /** Maximum segment size option. */
  readonly maximumSegment?: number;
  readonly data: Uint8Array;
}

/** Reads a segment; undefined when it is malformed. */
export function parseTcp({ source, destination, payload }: Ipv4Packet): TcpSegment | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  const view = viewOf(payload);
  const header = (payload[12]! >> 4) * 4;
  if (header < HEADER_BYTES || header > payload.length) return undefined;
  if (transportChecksum(source, destination, Protocol.tcp, payload) !== 0) return undefined;
  const maximumSegment = readMaximumSegment(payload.subarray(HEADER_BYTES, header));
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgment: view.getUint32(8),
    flags: payload[13]! & 0x3f,
    window: view.getUint16(14),
    ...(maximumSegment === undefined ? {} : { maximumSegment }),
    data: payload.subarray(header),
  };
}

/** The bytes of a segment from `source` to `destination`. */
export function tcpSegment(source: number, destination: number, segment: TcpSegment): Uint8Array {
  const { maximumSegment, data } = segment;
  const header = HEADER_BYTES + (maximumSegment === undefined ? 0 : 4);
  const bytes = new Uint8Array(header + data.length);
  const view = viewOf(bytes);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgment);
  bytes[12] = (header / 4) << 4;
  bytes[13] = segment.flags;
  view.setUint16(14, segment.window);
  if (maximumSegment !== undefined) {
    view.setUint16(HEADER_BYTES, (OPTION_MSS << 8) | 4);
    view.setUint16(HEADER_BYTES + 2, maximumSegment);
  }
  bytes.set(data, header);
  view.setUint16(16, transportChecksum(source, destination, Protocol.tcp, bytes));
  return bytes;
}

function readMaximumSegment(options: Uint8Array): number | undefined {
  for (let at = 0; at < options.length && options[at] !== OPTION_END; ) {
    if (options[at] === OPTION_NOP) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2) return undefined;
    if (options[at] === OPTION_MSS && length === 4 && at + 4 <= options.length)
      return viewOf(options).getUint16(at + 2);
    at += length;
  }
  return undefined;
}
