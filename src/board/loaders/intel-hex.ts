import { LoadError, type LoadedImage, type Segment } from "./image.js";

/** Record types of the Intel hexadecimal object file format (revision A, 1988). */
const Type = {
  data: 0,
  endOfFile: 1,
  extendedSegmentAddress: 2,
  startSegmentAddress: 3,
  extendedLinearAddress: 4,
  startLinearAddress: 5,
} as const;

/** Whether a file begins with a record of Intel's hexadecimal format. */
export function isIntelHex(bytes: Uint8Array): boolean {
  return /^:[0-9a-f]{10}/i.test(new TextDecoder("latin1").decode(bytes.subarray(0, 11)));
}

/** Reads data records and the start address. Throws {@link LoadError} that names the line. */
export function loadIntelHex(bytes: Uint8Array): LoadedImage {
  const segments: Segment[] = [];
  let base = 0;
  let entry = 0;
  let ended = false;
  for (const [index, text] of new TextDecoder("latin1").decode(bytes).split(/\r?\n/).entries()) {
    if (text === "" || ended) continue;
    const record = readRecord(text, index + 1);
    const data = record.subarray(4, -1);
    const view = new DataView(record.buffer, record.byteOffset);
    const wrong = (what: string): LoadError => new LoadError(`line ${index + 1} of the Intel hex file ${what}`);
    const value = (size: 2 | 4): number => {
      if (data.length !== size) throw wrong(`has ${data.length} bytes of data, not ${size}`);
      return size === 2 ? view.getUint16(4) : view.getUint32(4);
    };
    switch (record[3]) {
      case Type.data:
        append(segments, base + view.getUint16(1), data);
        break;
      case Type.endOfFile:
        ended = true;
        break;
      case Type.extendedSegmentAddress:
        base = value(2) * 16;
        break;
      case Type.extendedLinearAddress:
        base = value(2) * 0x1_0000;
        break;
      case Type.startSegmentAddress:
      case Type.startLinearAddress:
        entry = value(4);
        break;
      default:
        throw wrong(`is of unknown type ${record[3]}`);
    }
  }
  if (!ended) throw new LoadError("the Intel hex file has no end record: it is cut short");
  if (segments.length === 0) throw new LoadError("the Intel hex file holds no data");
  return { protocol: "elf", description: "an Intel hex file", segments, entry };
}

/** A record's bytes: length, address (2), type, data, checksum. */
function readRecord(text: string, line: number): Uint8Array {
  const digits = /^:((?:[0-9a-f]{2}){5,})\s*$/i.exec(text)?.[1];
  const record = Uint8Array.from(digits?.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (record.length === 0) throw new LoadError(`line ${line} of the Intel hex file is no record`);
  if (record.length !== record[0]! + 5)
    throw new LoadError(
      `line ${line} of the Intel hex file says ${record[0]} bytes of data and has ${record.length - 5}`,
    );
  if ((record.reduce((sum, byte) => sum + byte, 0) & 0xff) !== 0)
    throw new LoadError(`line ${line} of the Intel hex file has a wrong checksum`);
  return record;
}

/** Joins a piece to the one before when they touch. */
function append(segments: Segment[], address: number, data: Uint8Array): void {
  const last = segments.at(-1);
  if (last && last.address + last.size === address) {
    const bytes = new Uint8Array(last.size + data.length);
    bytes.set(last.bytes);
    bytes.set(data, last.size);
    segments[segments.length - 1] = { address: last.address, bytes, size: bytes.length };
  } else segments.push({ address, bytes: data.slice(), size: data.length });
}
