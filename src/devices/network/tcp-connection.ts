import type { Alarm, Clock, HostStream, HostStreamEvents } from "../../ports/index.js";
import { ByteQueue } from "../byte-queue.js";
import { TcpFlag, type TcpSegment } from "./tcp-segment.js";

const { fin, syn, rst, psh, ack } = TcpFlag;

/** What a frame of 1500 bytes holds. */
const MAXIMUM_SEGMENT = 1460;
/** RFC 9293, 3.7.1: what to assume when the other side doesn't say. */
const DEFAULT_SEGMENT = 536;
/** Without window scaling this is the most. */
const LARGEST_WINDOW = 65_535;
/** Bytes for the guest beyond which the host's side has to wait. */
const LARGEST_BACKLOG = 256 * 1024;
/** First retransmission time-out; each further one doubles it. Frames get lost only when the guest has no buffers. */
const FIRST_TIMEOUT = 200_000_000;
const RETRANSMISSIONS = 8;

const empty = new Uint8Array(0);
/** Sequence numbers are compared modulo 2^32 (RFC 9293, 3.4). */
const difference = (a: number, b: number): number => (a - b) | 0;

export interface TcpConnectionOptions {
  readonly clock: Clock;
  /** The guest's port and the one that it talks to. */
  readonly guestPort: number;
  readonly peerPort: number;
  readonly initialSequence: number;
  send(segment: TcpSegment): void;
  /** The connection is over. */
  closed(): void;
}

/**
 * One TCP connection with the guest (RFC 9293), whose other end is a stream of the host's. Lost segments are sent again from the first
 * that wasn't acknowledged; what arrives out of order is dropped, and asked for again.
 */
export class TcpConnection implements HostStreamEvents {
  readonly #options: TcpConnectionOptions;
  readonly #stream: HostStream;
  /** Bytes from `#unacknowledged` on that the guest hasn't acknowledged, or wasn't sent yet. */
  readonly #outgoing = new ByteQueue();
  #state: "opening" | "syn-sent" | "syn-received" | "established" | "closed" = "opening";
  #unacknowledged: number;
  #next: number;
  #expected = 0;
  #window = 0;
  #maximumSegment = DEFAULT_SEGMENT;
  /** The end of what was ever sent: `#next` goes back for retransmissions. */
  #limit: number;
  /** Whether the host's side sends no more, the number of the FIN that says so, and whether the guest sends no more. */
  #hostEnded = false;
  #finSequence: number | undefined;
  #guestEnded = false;
  #flowing = true;
  #timer: Alarm | undefined;
  #attempts = 0;

  /** `makeStream` is called at once, with this connection as what is told of the stream's events. */
  constructor(options: TcpConnectionOptions, makeStream: (events: HostStreamEvents) => HostStream) {
    this.#options = options;
    this.#unacknowledged = options.initialSequence;
    this.#next = options.initialSequence;
    this.#limit = options.initialSequence;
    this.#stream = makeStream(this);
  }

  /** The host's side has called: asks the guest. */
  open(): void {
    this.#state = "syn-sent";
    this.#sendSyn();
  }

  receive(segment: TcpSegment): void {
    const { flags } = segment;
    if (this.#state === "closed") return;
    if (flags & rst) {
      if (this.#state === "opening" || difference(segment.sequence, this.#expected) >= 0) this.#close();
      return;
    }
    if (flags & syn) {
      this.#synchronize(segment);
      return;
    }
    if (!(flags & ack) || this.#state === "opening" || this.#state === "syn-sent") return;
    this.#acknowledge(segment);
    if ((this.#state as string) === "closed") return;
    this.#take(segment);
    this.#push();
    if (this.#guestEnded && this.#finAcknowledged) this.#close();
  }

  connected(): void {
    if (this.#state !== "opening") return;
    this.#state = "syn-received";
    this.#sendSyn();
  }

  data(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#outgoing.push(bytes);
    this.#push();
    this.#flow();
  }

  ended(): void {
    this.#hostEnded = true;
    this.#push();
  }

  drained(): void {
    // The window is open again.
    if (this.#state === "established") this.#transmit(ack, empty);
  }

  /** The stream is gone; what it gave before still goes to the guest. */
  closed(): void {
    if (this.#state === "closed" || (this.#hostEnded && this.#guestEnded)) return;
    this.#transmit(rst | ack, empty);
    this.#close();
  }

  /** Forgets the connection without a word to the guest. */
  abandon(): void {
    this.#close();
  }

  #synchronize(segment: TcpSegment): void {
    if (this.#state === "opening" || this.#state === "syn-sent") {
      this.#expected = (segment.sequence + 1) >>> 0;
      this.#window = segment.window;
      this.#maximumSegment = Math.min(segment.maximumSegment ?? DEFAULT_SEGMENT, MAXIMUM_SEGMENT);
      if (this.#state === "opening" || !(segment.flags & ack)) return;
      this.#acknowledge(segment);
      this.#transmit(ack, empty);
      this.#push();
    } else if (this.#state === "syn-received") this.#sendSyn();
    else this.#transmit(ack, empty);
  }

  #acknowledge(segment: TcpSegment): void {
    const acknowledged = difference(segment.acknowledgment, this.#unacknowledged);
    if (difference(segment.acknowledgment, this.#limit) > 0) {
      this.#transmit(ack, empty);
      return;
    }
    if (acknowledged < 0) return;
    this.#window = segment.window;
    if (acknowledged === 0) return;
    let bytes = acknowledged;
    if (this.#state === "syn-received" || this.#state === "syn-sent") {
      this.#state = "established";
      bytes--;
    }
    this.#outgoing.drop(Math.min(bytes, this.#outgoing.length));
    this.#unacknowledged = segment.acknowledgment;
    if (difference(this.#next, this.#unacknowledged) < 0) this.#next = this.#unacknowledged;
    this.#attempts = 0;
    this.#restartTimer();
    this.#flow();
  }

  #take(segment: TcpSegment): void {
    const { data, flags } = segment;
    if (data.length === 0 && !(flags & fin)) return;
    const known = difference(this.#expected, segment.sequence);
    if (known >= 0 && known <= data.length && !this.#guestEnded) {
      const fresh = data.subarray(known);
      if (fresh.length > 0) this.#stream.write(fresh.slice());
      this.#expected = (this.#expected + fresh.length) >>> 0;
      if (flags & fin) {
        this.#expected = (this.#expected + 1) >>> 0;
        this.#guestEnded = true;
        this.#stream.end();
      }
    }
    this.#transmit(ack, empty);
  }

  /** Sends what the guest's window allows. */
  #push(): void {
    if (this.#state !== "established") return;
    while (!this.#finAcknowledged) {
      const sent = difference(this.#next, this.#unacknowledged);
      const room = Math.min(this.#window - sent, this.#outgoing.length - sent, this.#maximumSegment);
      if (room > 0) {
        this.#transmit(ack | psh, this.#outgoing.peek(sent, room));
        this.#advance(room);
        continue;
      }
      if (this.#hostEnded && sent === this.#outgoing.length) {
        this.#finSequence = this.#next;
        this.#transmit(ack | fin, empty);
        this.#advance(1);
      }
      break;
    }
    if (!this.#timer) this.#restartTimer();
  }

  get #finAcknowledged(): boolean {
    return this.#finSequence !== undefined && difference(this.#unacknowledged, this.#finSequence) > 0;
  }

  #advance(count: number): void {
    this.#next = (this.#next + count) >>> 0;
    if (difference(this.#next, this.#limit) > 0) this.#limit = this.#next;
  }

  /** Lets the host's data come while there is room for it. */
  #flow(): void {
    const flowing = this.#outgoing.length < LARGEST_BACKLOG;
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    this.#stream.setFlowing(flowing);
  }

  #restartTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = this.#next !== this.#unacknowledged || this.#outgoing.length > 0;
    if (!waiting || this.#state === "closed") return;
    const { clock } = this.#options;
    this.#timer = clock.schedule(clock.now() + FIRST_TIMEOUT * 2 ** this.#attempts, () => this.#timeOut());
  }

  #timeOut(): void {
    this.#timer = undefined;
    if (++this.#attempts > RETRANSMISSIONS) {
      this.#transmit(rst | ack, empty);
      this.#close();
      return;
    }
    if (this.#state === "syn-sent" || this.#state === "syn-received") this.#transmitSyn();
    else {
      // From the first byte that wasn't acknowledged; a byte at least, to find a window that has opened.
      this.#next = this.#unacknowledged;
      if (this.#window === 0 && this.#outgoing.length > 0) this.#window = 1;
      this.#push();
    }
    this.#restartTimer();
  }

  #sendSyn(): void {
    this.#transmitSyn();
    this.#restartTimer();
  }

  #transmitSyn(): void {
    this.#next = this.#unacknowledged;
    this.#transmit(this.#state === "syn-sent" ? syn : syn | ack, empty);
    this.#advance(1);
  }

  #transmit(flags: number, data: Uint8Array): void {
    this.#options.send({
      sourcePort: this.#options.peerPort,
      destinationPort: this.#options.guestPort,
      sequence: this.#next,
      acknowledgment: flags & ack ? this.#expected : 0,
      flags,
      window: Math.max(0, LARGEST_WINDOW - this.#stream.backlog),
      ...(flags & syn ? { maximumSegment: MAXIMUM_SEGMENT } : {}),
      data,
    });
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stream.destroy();
    this.#options.closed();
  }
}
