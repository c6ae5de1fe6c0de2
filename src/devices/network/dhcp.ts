import { viewOf } from "./packets.js";

/** Dynamic Host Configuration Protocol, RFC 2131 and 2132: what a network with one guest needs of a server. */
export const DHCP = { serverPort: 67, clientPort: 68 } as const;

const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const FIXED_BYTES = 236;
const MAGIC = 0x6382_5363;
const REPLY_BYTES = 300;
const LEASE_SECONDS = 86_400;

const Message = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6 } as const;
const Option = { mask: 1, router: 3, dns: 6, requested: 50, lease: 51, message: 53, server: 54, end: 255 } as const;

export interface DhcpLease {
  readonly client: number;
  readonly mask: number;
  readonly router: number;
  readonly dns: number;
  readonly server: number;
}

/** The reply to a client's message; undefined when there is none to give. */
export function answerDhcp(request: Uint8Array, lease: DhcpLease): Uint8Array | undefined {
  if (request.length < FIXED_BYTES + 4 || request[0] !== BOOTREQUEST) return undefined;
  const from = viewOf(request);
  if (from.getUint32(FIXED_BYTES) !== MAGIC) return undefined;
  const options = readOptions(request.subarray(FIXED_BYTES + 4));
  const kind = options.get(Option.message)?.[0];
  if (kind !== Message.discover && kind !== Message.request) return undefined;
  const server = addressIn(options.get(Option.server));
  if (kind === Message.request && server !== undefined && server !== lease.server) return undefined;
  // A client that renews says its address in ciaddr, one that asks in an option.
  const wanted = addressIn(options.get(Option.requested)) ?? from.getUint32(12);
  const refused = kind === Message.request && wanted !== lease.client;

  const reply = new Uint8Array(REPLY_BYTES);
  const view = viewOf(reply);
  reply.set(request.subarray(0, FIXED_BYTES));
  reply[0] = BOOTREPLY;
  reply.fill(0, 12, 28);
  reply.fill(0, 44, FIXED_BYTES);
  if (!refused) view.setUint32(16, lease.client);
  view.setUint32(20, lease.server);
  view.setUint32(FIXED_BYTES, MAGIC);
  let at = FIXED_BYTES + 4;
  const option = (code: number, value: number, size: 1 | 4 = 4): void => {
    reply[at] = code;
    reply[at + 1] = size;
    if (size === 1) reply[at + 2] = value;
    else view.setUint32(at + 2, value);
    at += 2 + size;
  };
  option(Option.message, refused ? Message.nak : kind === Message.discover ? Message.offer : Message.ack, 1);
  option(Option.server, lease.server);
  if (!refused) {
    option(Option.lease, LEASE_SECONDS);
    option(Option.mask, lease.mask);
    option(Option.router, lease.router);
    option(Option.dns, lease.dns);
  }
  reply[at] = Option.end;
  return reply;
}

function addressIn(option: Uint8Array | undefined): number | undefined {
  return option?.length === 4 ? viewOf(option).getUint32(0) : undefined;
}

function readOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length && bytes[at] !== Option.end; ) {
    const code = bytes[at]!;
    // Option 0 is padding of one byte.
    const length = code === 0 ? -1 : (bytes[at + 1] ?? 0);
    if (length >= 0) found.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}
