/** Builds T-messages and takes answers apart, for tests. */

type Field = readonly ["u8" | "u16" | "u32" | "u64", number | bigint] | string | Uint8Array;

export const u8 = (value: number): Field => ["u8", value];
export const u16 = (value: number): Field => ["u16", value];
export const u32 = (value: number): Field => ["u32", value];
export const u64 = (value: number | bigint): Field => ["u64", value];

/** Strings are written with their length, byte arrays without. */
export function message(type: number, ...fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  const put = (value: bigint, size: number) => {
    for (let i = 0; i < size; i++) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn));
  };
  for (const field of fields) {
    if (typeof field === "string") {
      const encoded = new TextEncoder().encode(field);
      put(BigInt(encoded.length), 2);
      bytes.push(...encoded);
    } else if (field instanceof Uint8Array) bytes.push(...field);
    else put(BigInt(field[1]), Number(field[0].slice(1)) / 8);
  }
  const whole = new Uint8Array(7 + bytes.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, whole.length, true);
  view.setUint8(4, type);
  view.setUint16(5, 1, true);
  whole.set(bytes, 7);
  return whole;
}

/**
 * The parts of an answer that do not depend on the host's inode numbers, on when the test ran, or on a server's freedom
 * (qid versions and paths, qids of directory entries and their order, iounit, change times).
 */
export function essence(answer: Uint8Array): readonly (string | number)[] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const size = view.getUint32(0, true);
  const type = view.getUint8(4);
  let at = 7;
  const number = (bytes: 1 | 2 | 4 | 8) => {
    at += bytes;
    if (bytes === 8) return Number(view.getBigUint64(at - 8, true));
    return bytes === 4
      ? view.getUint32(at - 4, true)
      : bytes === 2
        ? view.getUint16(at - 2, true)
        : view.getUint8(at - 1);
  };
  const text = () => {
    const length = number(2);
    at += length;
    return new TextDecoder().decode(answer.subarray(at - length, at));
  };
  const qid = () => {
    at += 12;
    return `qid ${view.getUint8((at += 1) - 13)}`;
  };
  switch (type) {
    case 7:
      return ["error", number(4)];
    case 25: {
      const out: (string | number)[] = [
        "getattr",
        number(8) & 0x7ff,
        qid(),
        `0${number(4).toString(8)}`,
        number(4),
        number(4),
      ];
      out.push(number(8), number(8), number(8), number(8), number(8));
      out.push(number(8), number(8), number(8), number(8));
      return out;
    }
    case 13:
    case 15:
      return [type, qid()];
    case 17:
    case 19:
    case 73:
    case 105:
      return [type, qid()];
    case 111:
      return [type, ...Array.from({ length: number(2) }, qid)];
    case 41: {
      const end = number(4) + at;
      const entries: string[] = [];
      while (at < end) {
        at += 13 + 8;
        const format = number(1);
        entries.push(`${text()} ${format}`);
      }
      return ["readdir", ...entries.sort()];
    }
    default:
      return [type, ...answer.subarray(7, size)];
  }
}
