import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzz, ManualClock } from "../../../test/devices/support.js";
import type { HostSockets, HostStream, HostStreamEvents } from "../../ports/index.js";
import { NetworkHub } from "./network-hub.js";
import {
  BROADCAST_MAC,
  checksum,
  EtherType,
  ethernetFrame,
  ipv4Packet,
  Protocol,
  parseAddress,
  parseIpv4,
  parseUdp,
  udpDatagram,
  viewOf,
} from "./packets.js";
import { parseTcp, TcpFlag, type TcpSegment, tcpSegment } from "./tcp-segment.js";
import { USER_NETWORK, UserNetwork, type UserNetworkOptions } from "./user-network.js";

const { fin, syn, rst, ack } = TcpFlag;
const MAC = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const { guest: GUEST, gateway: GATEWAY, resolver: RESOLVER } = USER_NETWORK;
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** A host whose sockets do what the test says. */
class ScriptedHost implements HostSockets {
  readonly resolver = { address: "192.0.2.53", port: 53 };
  readonly streams: { address: string; port: number; events: HostStreamEvents; written: string; state: string }[] = [];
  readonly datagramsSent: string[] = [];
  receiveDatagram: (bytes: Uint8Array) => void = () => {};
  accept: (stream: HostStream) => HostStreamEvents = () => {
    throw new Error("nobody listens");
  };
  backlog = 0;
  flowing = true;

  connect(address: string, port: number, events: HostStreamEvents): HostStream {
    const record = { address, port, events, written: "", state: "open" };
    this.streams.push(record);
    return this.#stream(record);
  }

  datagrams(received: (bytes: Uint8Array, address: string, port: number) => void) {
    this.receiveDatagram = (bytes) => received(bytes, "192.0.2.1", 1);
    return {
      send: (bytes: Uint8Array, address: string, port: number) =>
        void this.datagramsSent.push(`${address}:${port} ${new TextDecoder().decode(bytes)}`),
      close: () => void this.datagramsSent.push("closed"),
    };
  }

  listenStream(address: string, port: number, accepted: (stream: HostStream) => HostStreamEvents) {
    expect([address, port]).toEqual(["127.0.0.1", 2222]);
    this.accept = accepted;
    return { close() {} };
  }

  listenDatagrams(): never {
    throw new Error("not part of this test");
  }

  /** Somebody calls at the forwarded port. */
  call() {
    const record = {
      address: "",
      port: 0,
      events: undefined as unknown as HostStreamEvents,
      written: "",
      state: "open",
    };
    record.events = this.accept(this.#stream(record));
    return record;
  }

  #stream(record: { written: string; state: string }): HostStream {
    const host = this;
    return {
      get backlog() {
        return host.backlog;
      },
      write: (bytes) => void (record.written += new TextDecoder().decode(bytes)),
      end: () => void (record.state = "ended"),
      destroy: () => void (record.state = "destroyed"),
      setFlowing: (flowing) => void (host.flowing = flowing),
    };
  }
}

function world(options: Partial<UserNetworkOptions> = {}) {
  const host = new ScriptedHost();
  const clock = new ManualClock();
  const network = new UserNetwork({ sockets: host, ...options });
  const frames: Uint8Array[] = [];
  network.connect({ clock, receive: (frame) => void frames.push(frame) });
  const send = (type: number, payload: Uint8Array): void =>
    network.send(ethernetFrame(BROADCAST_MAC, MAC, type, payload));
  const sendIp = (to: number, protocol: number, payload: Uint8Array): void =>
    send(EtherType.ipv4, ipv4Packet(GUEST, to, protocol, payload, 1));
  /** The frames since the last time, after the time that answers take. */
  const answers = () => {
    clock.advance(1_000_000);
    return frames.splice(0);
  };
  const packets = () => answers().map((frame) => parseIpv4(frame.subarray(14))!);
  const tcp = (segment: Partial<TcpSegment>, to = GATEWAY): void =>
    sendIp(
      to,
      Protocol.tcp,
      tcpSegment(GUEST, to, {
        sourcePort: 5000,
        destinationPort: 80,
        sequence: 100,
        acknowledgment: 0,
        flags: ack,
        window: 4000,
        data: new Uint8Array(0),
        ...segment,
      }),
    );
  const segments = () =>
    packets()
      .filter(({ protocol }) => protocol === Protocol.tcp)
      .map((packet) => parseTcp(packet)!);
  return { host, clock, network, frames, send, sendIp, answers, packets, tcp, segments };
}

/** A connection that the guest has opened; `next` is the host's side's next sequence number. */
function open() {
  const w = world();
  w.tcp({ flags: syn, maximumSegment: 1000 });
  const stream = w.host.streams[0]!;
  stream.events.connected();
  const [answer] = w.segments();
  const next = (answer!.sequence + 1) >>> 0;
  w.tcp({ sequence: 101, acknowledgment: next });
  expect(w.segments()).toEqual([]);
  return { ...w, stream, next };
}

const body = ({ data }: TcpSegment): string => new TextDecoder().decode(data);

describe("a network in user mode", () => {
  it("answers ARP for its own addresses", () => {
    const { send, answers } = world();
    const request = (target: number): Uint8Array => {
      const bytes = new Uint8Array(28);
      const view = viewOf(bytes);
      view.setUint32(0, 0x00010800);
      view.setUint32(4, 0x06040001);
      bytes.set(MAC, 8);
      view.setUint32(14, GUEST);
      view.setUint32(24, target);
      return bytes;
    };
    for (const address of [GATEWAY, RESOLVER]) {
      send(EtherType.arp, request(address));
      const [frame] = answers();
      expect(frame?.subarray(0, 6)).toEqual(MAC);
      expect(viewOf(frame!).getUint32(14 + 4)).toBe(0x06040002);
      expect(viewOf(frame!).getUint32(14 + 14)).toBe(address);
      expect(viewOf(frame!).getUint32(14 + 24)).toBe(GUEST);
    }
    send(EtherType.arp, request(GUEST));
    expect(answers()).toEqual([]);
  });

  it("gives the guest its address by DHCP, and refuses another", () => {
    const { send, packets } = world();
    const ask = (kind: number, wanted?: number) => {
      const message = new Uint8Array(300);
      const view = viewOf(message);
      message.set([1, 1, 6]);
      view.setUint32(4, 0x1234);
      message.set(MAC, 28);
      view.setUint32(236, 0x63825363);
      message.set([53, 1, kind], 240);
      if (wanted !== undefined) {
        message.set([50, 4], 243);
        view.setUint32(245, wanted);
      }
      message[249] = 255;
      const datagram = udpDatagram(0, 68, 0xffffffff, 67, message);
      send(EtherType.ipv4, ipv4Packet(0, 0xffffffff, Protocol.udp, datagram, 1));
      const reply = parseUdp(packets()[0]!)!;
      expect([reply.sourcePort, reply.destinationPort]).toEqual([67, 68]);
      expect(viewOf(reply.data).getUint32(4)).toBe(0x1234);
      return { address: viewOf(reply.data).getUint32(16), kind: reply.data[242] };
    };
    expect(ask(1)).toEqual({ address: GUEST, kind: 2 });
    expect(ask(3, GUEST)).toEqual({ address: GUEST, kind: 5 });
    expect(ask(3, GUEST + 1)).toEqual({ address: 0, kind: 6 });
  });

  it("answers pings to itself, after a time that is always the same", () => {
    const { sendIp, clock, frames, packets } = world();
    const echo = Uint8Array.of(8, 0, 0, 0, 0, 7, 0, 1, 1, 2, 3, 4);
    viewOf(echo).setUint16(2, checksum([echo]));
    sendIp(GATEWAY, Protocol.icmp, echo);
    clock.advance(19_999);
    expect(frames).toEqual([]);
    clock.advance(1);
    expect(frames.length).toBe(1);
    const [{ source, payload }] = packets() as [NonNullable<ReturnType<typeof parseIpv4>>];
    expect(source).toBe(GATEWAY);
    expect(payload[0]).toBe(0);
    expect(checksum([payload])).toBe(0);
    expect(payload.subarray(4)).toEqual(echo.subarray(4));
    sendIp(parseAddress("192.0.2.9")!, Protocol.icmp, echo);
    expect([...packets()[0]!.payload.subarray(0, 2)]).toEqual([3, 13]);
  });

  it("carries TCP both ways, and ends", () => {
    const { host, stream, next, tcp, segments } = open();
    expect([stream.address, stream.port]).toEqual(["127.0.0.1", 80]);
    tcp({ sequence: 101, acknowledgment: next, data: text("GET /") });
    expect(stream.written).toBe("GET /");
    expect(segments().map(({ acknowledgment }) => acknowledgment)).toEqual([106]);
    stream.events.data(text("x".repeat(2500)));
    // In segments of the guest's size.
    expect(segments().map(({ data }) => data.length)).toEqual([1000, 1000, 500]);
    tcp({ sequence: 106, acknowledgment: next + 2500 });
    stream.events.ended();
    const [last] = segments();
    expect(last!.flags & fin).toBe(fin);
    expect(last!.sequence).toBe(next + 2500);
    tcp({ sequence: 106, acknowledgment: next + 2501, flags: ack | fin });
    expect(segments().at(-1)!.acknowledgment).toBe(107);
    expect(stream.state).toBe("destroyed");
    // The connection is forgotten.
    tcp({ sequence: 107, acknowledgment: next + 2501 });
    expect(segments()[0]!.flags).toBe(rst);
    expect(host.flowing).toBe(true);
  });

  it("keeps to the guest's window, and asks when it has been closed", () => {
    const { stream, next, tcp, segments, clock, frames } = open();
    tcp({ sequence: 101, acknowledgment: next, window: 600 });
    stream.events.data(text("y".repeat(1000)));
    expect(segments().map(({ data }) => data.length)).toEqual([600]);
    tcp({ sequence: 101, acknowledgment: next + 600, window: 0 });
    expect(segments()).toEqual([]);
    clock.advance(250_000_000);
    expect(frames.length).toBe(1);
    frames.length = 0;
    tcp({ sequence: 101, acknowledgment: next + 600, window: 1000 });
    expect(segments().reduce((sum, { data }) => sum + data.length, 0)).toBeGreaterThanOrEqual(399);
  });

  it("sends again what was lost, and takes what comes twice or out of order once", () => {
    const { stream, next, tcp, segments, clock } = open();
    stream.events.data(text("abc"));
    expect(segments().map(body)).toEqual(["abc"]);
    clock.advance(200_000_000);
    expect(segments().map(body)).toEqual(["abc"]);
    tcp({ sequence: 101, acknowledgment: next + 3 });
    clock.advance(10_000_000_000);
    expect(segments()).toEqual([]);
    tcp({ sequence: 104, acknowledgment: next + 3, data: text("def") });
    tcp({ sequence: 101, acknowledgment: next + 3, data: text("123") });
    tcp({ sequence: 101, acknowledgment: next + 3, data: text("123d") });
    tcp({ sequence: 104, acknowledgment: next + 3, data: text("def") });
    expect(stream.written).toBe("123def");
    expect(segments().at(-1)!.acknowledgment).toBe(107);
  });

  it("gives up a guest that never answers", () => {
    const { stream, clock } = open();
    stream.events.data(text("abc"));
    clock.advance(200_000_000_000);
    expect(stream.state).toBe("destroyed");
  });

  it("tells the guest of connections that can't be made or break", () => {
    const { host, tcp, segments } = world();
    tcp({ flags: syn });
    host.streams[0]!.events.closed();
    expect(segments().map(({ flags, acknowledgment }) => [flags, acknowledgment])).toEqual([[rst | ack, 101]]);
    const broken = open();
    broken.stream.events.closed();
    expect(broken.segments().map(({ flags }) => flags & rst)).toEqual([rst]);
  });

  it("holds the host back while the guest doesn't take its data, and the guest while the host doesn't", () => {
    const { host, stream, next, tcp, segments } = open();
    stream.events.data(new Uint8Array(300_000));
    expect(host.flowing).toBe(false);
    host.backlog = 65_000;
    tcp({ sequence: 101, acknowledgment: next, data: text("abc") });
    expect(segments().at(-1)!.window).toBe(535);
    host.backlog = 0;
    stream.events.drained();
    expect(segments().at(-1)!.window).toBe(65_535);
  });

  it("lets connections in by forwarded ports", () => {
    const forward = {
      protocol: "tcp",
      hostAddress: "127.0.0.1",
      hostPort: 2222,
      guestAddress: GUEST,
      guestPort: 22,
    } as const;
    const { host, tcp, segments } = world({ forwards: [forward], restricted: true });
    const stream = host.call();
    stream.events.data(text("hello"));
    const [opening] = segments();
    expect([opening!.flags, opening!.destinationPort]).toEqual([syn, 22]);
    const end = { sourcePort: 22, destinationPort: opening!.sourcePort };
    const next = opening!.sequence + 1;
    tcp({ ...end, flags: syn | ack, sequence: 900, acknowledgment: next, maximumSegment: 1460 });
    expect(segments().map(body)).toEqual(["", "hello"]);
    tcp({ ...end, sequence: 901, acknowledgment: next + 5, data: text("welcome") });
    expect(stream.written).toBe("welcome");
    // What isn't forwarded stays inside.
    tcp({ flags: syn });
    expect(segments().at(-1)!.flags & rst).toBe(rst);
    expect(host.streams).toEqual([]);
  });

  it("carries UDP, with the host's resolver, and ends flows that nobody uses", () => {
    const { host, sendIp, packets, clock } = world();
    sendIp(RESOLVER, Protocol.udp, udpDatagram(GUEST, 4000, RESOLVER, 53, text("who?")));
    expect(host.datagramsSent).toEqual(["192.0.2.53:53 who?"]);
    host.receiveDatagram(text("me"));
    const [reply] = packets();
    expect(reply!.source).toBe(RESOLVER);
    const { sourcePort, destinationPort, data } = parseUdp(reply!)!;
    expect([sourcePort, destinationPort, new TextDecoder().decode(data)]).toEqual([53, 4000, "me"]);
    clock.advance(61_000_000_000);
    expect(host.datagramsSent.at(-1)).toBe("closed");
  });

  it("takes any frames", () => {
    const type = fc.constantFrom<number>(EtherType.arp, EtherType.ipv4, 0x86dd);
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(
          fc.constantFrom<number>(...Object.values(Protocol)),
          fc.uint8Array({ maxLength: 80 }),
          fc.constantFrom(GATEWAY, RESOLVER, 1),
        )
        .map(([protocol, bytes, to]) => ipv4Packet(GUEST, to, protocol, bytes, 1)),
      fc
        .record({
          sourcePort: fc.nat(2),
          destinationPort: fc.nat(2),
          sequence: fc.nat(20),
          acknowledgment: fc.nat(20).map((n) => 64_000 + n),
          flags: fc.nat(63),
          window: fc.nat(65_535),
          data: fc.uint8Array({ maxLength: 8 }),
        })
        .map((segment) => ipv4Packet(GUEST, GATEWAY, Protocol.tcp, tcpSegment(GUEST, GATEWAY, segment), 1)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(type, payload, fc.nat(5)), { maxLength: 60 }), (list) => {
        const { host, send, clock } = world();
        for (const [kind, bytes, event] of list) {
          send(kind, bytes);
          const events = host.streams.at(-1)?.events;
          if (event === 1) events?.connected();
          if (event === 2) events?.data(text("some"));
          if (event === 3) events?.ended();
          if (event === 4) events?.closed();
          clock.advance(event === 5 ? 1_000_000_000 : 1000);
        }
      }),
      fuzz(300),
    );
  });
});

it("a hub gives frames to all other ports", () => {
  const clock = new ManualClock();
  const hub = new NetworkHub();
  const received: [number, number][] = [];
  const ports = [0, 1, 2].map((number) => {
    const port = hub.port();
    port.connect({ clock, receive: (frame) => void received.push([number, frame[0]!]) });
    return port;
  });
  ports[1]!.send(Uint8Array.of(7));
  expect(received).toEqual([]);
  clock.advance(12_000);
  expect(received).toEqual([
    [0, 7],
    [2, 7],
  ]);
});
