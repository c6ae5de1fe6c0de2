/** Wire types of Protocol Buffers' encoding (protobuf.dev, "Encoding"). */
const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;

/** Bytes that are kept for the length of a nested message, which is known when it ends: a varint may be longer than it needs. */
const lengthBytes = 4;

const encoder = new TextEncoder();

/** Encodes Protocol Buffers messages, one field after the other, into a buffer that grows. Numbers are unsigned, up to 2^53. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024);
  #at = 0;

  /** Bytes written since the last {@link take}. */
  get length(): number {
    return this.#at;
  }

  /** The bytes so far, valid until the next write; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    return taken;
  }

  /** uint32, uint64, enum, and bool as 0 or 1. */
  uint(field: number, value: number): void {
    this.#varint(field * 8 + varintType);
    this.#varint(value);
  }

  /** uint64 of all 64 bits. */
  uint64(field: number, value: bigint): void {
    this.#varint(field * 8 + varintType);
    let rest = BigInt.asUintN(64, value);
    this.#reserve(10);
    while (rest >= 0x80n) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  fixed64(field: number, value: number): void {
    this.#varint(field * 8 + fixed64Type);
    this.#reserve(8);
    for (let i = 0, rest = value; i < 8; i++, rest = Math.floor(rest / 256)) this.#bytes[this.#at++] = rest % 256;
  }

  string(field: number, text: string): void {
    const bytes = encoder.encode(text);
    this.#varint(field * 8 + bytesType);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A nested message, whose fields `write` writes. */
  message(field: number, write: () => void): void {
    this.#varint(field * 8 + bytesType);
    this.#reserve(lengthBytes);
    const start = (this.#at += lengthBytes);
    write();
    let length = this.#at - start;
    for (let i = lengthBytes; i > 0; i--) {
      this.#bytes[start - i] = (length & 0x7f) | (i > 1 ? 0x80 : 0);
      length >>>= 7;
    }
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
