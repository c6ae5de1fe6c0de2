/** Framing of GDB's remote serial protocol (GDB manual, appendix E.1): `$data#checksum`, `+`, `-`, and the byte 3. */

/** What {@link PacketReader} finds in the stream. */
export type Received =
  | { readonly kind: "packet"; readonly data: Uint8Array }
  /** A packet whose checksum is wrong. */
  | { readonly kind: "damaged" }
  | { readonly kind: "ack" }
  | { readonly kind: "nack" }
  | { readonly kind: "interrupt" };

const start = 0x24;
const end = 0x23;
const escapeByte = 0x7d;
const repeat = 0x2a;
const escapeFlip = 0x20;

/** Larger packets aren't taken: nobody may fill the host's memory. */
const largestPacket = 1 << 20;

/** Splits a stream of bytes into packets. */
export class PacketReader {
  #data: number[] = [];
  #state: "idle" | "data" | "checksum" = "idle";
  #checksum = "";

  /** What the bytes complete, in order. */
  *push(bytes: Uint8Array): Generator<Received> {
    for (const byte of bytes) {
      if (this.#state === "idle") {
        if (byte === start) {
          this.#data = [];
          this.#state = "data";
        } else if (byte === 3) yield { kind: "interrupt" };
        else if (byte === 0x2b) yield { kind: "ack" };
        else if (byte === 0x2d) yield { kind: "nack" };
      } else if (this.#state === "data") {
        if (byte === end) {
          this.#state = "checksum";
          this.#checksum = "";
        } else if (byte === start) this.#data = [];
        else if (this.#data.length >= largestPacket) this.#state = "idle";
        else this.#data.push(byte);
      } else {
        this.#checksum += String.fromCharCode(byte);
        if (this.#checksum.length < 2) continue;
        this.#state = "idle";
        const right = this.#data.reduce((sum, each) => (sum + each) & 0xff, 0);
        yield Number.parseInt(this.#checksum, 16) === right
          ? { kind: "packet", data: unescaped(this.#data) }
          : { kind: "damaged" };
      }
    }
  }
}

function unescaped(data: readonly number[]): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < data.length; i++) out.push(data[i] === escapeByte ? (data[++i] ?? 0) ^ escapeFlip : data[i]!);
  return Uint8Array.from(out);
}

/** A packet that carries `data`. */
export function packet(data: Uint8Array): Uint8Array {
  const out = [start];
  let sum = 0;
  const put = (byte: number): void => {
    out.push(byte);
    sum = (sum + byte) & 0xff;
  };
  for (const byte of data) {
    if (byte === start || byte === end || byte === escapeByte || byte === repeat) {
      put(escapeByte);
      put(byte ^ escapeFlip);
    } else put(byte);
  }
  out.push(end);
  for (const digit of sum.toString(16).padStart(2, "0")) out.push(digit.charCodeAt(0));
  return Uint8Array.from(out);
}

/** Text as bytes, one for each character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Bytes as text, one character for each. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes from hexadecimal digits; undefined when it isn't that. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** A value as the target's bytes in memory order, in hexadecimal. */
export function littleEndianHex(value: bigint, bytes: number): string {
  let text = "";
  for (let i = 0; i < bytes; i++) text += ((value >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, "0");
  return text;
}

/** The value of bytes in memory order. */
export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
