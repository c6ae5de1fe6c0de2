import type { HostFileAttributes, HostFileType } from "../../../ports/index.js";
import type { MessageReader, MessageWriter } from "./messages.js";

/** The type bits of Linux's st_mode; shifted right by 12 they are a directory entry's type. */
export const FORMAT: Readonly<Record<HostFileType, number>> = {
  fifo: 0o010000,
  "character-device": 0o020000,
  directory: 0o040000,
  "block-device": 0o060000,
  file: 0o100000,
  "symbolic-link": 0o120000,
  socket: 0o140000,
};
export const FORMAT_MASK = 0o170000;
/** A qid's type byte. */
const QID_DIRECTORY = 0x80;
const QID_SYMBOLIC_LINK = 0x02;

/** qid: type[1] version[4] path[8]. */
export function putQid(w: MessageWriter, file: { type: HostFileType; inode: bigint; modificationTime?: bigint }): void {
  const type = file.type === "directory" ? QID_DIRECTORY : file.type === "symbolic-link" ? QID_SYMBOLIC_LINK : 0;
  // The version changes with the contents, so that a caching guest notices.
  const version = Number(BigInt.asUintN(32, (file.modificationTime ?? 0n) >> 10n));
  w.u8(type).u32(version).u64(BigInt.asUintN(64, file.inode));
}

export function putTime(w: MessageWriter, nanoseconds: bigint): void {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  w.u64(BigInt.asUintN(64, (nanoseconds - fraction) / 1_000_000_000n)).u64(fraction);
}

export function takeTime(r: MessageReader): bigint {
  return BigInt.asIntN(64, r.u64()) * 1_000_000_000n + r.u64();
}

/** Linux's new_encode_dev: minor's low byte, major, the rest of minor. */
function deviceNumber({ deviceMajor, deviceMinor }: HostFileAttributes): bigint {
  return BigInt(((deviceMinor & 0xff) | (deviceMajor << 8) | ((deviceMinor & ~0xff) << 12)) >>> 0);
}

/** Rgetattr's body from the qid on: mode, owner, links, device, sizes and times. */
export function putAttributes(w: MessageWriter, a: HostFileAttributes): void {
  putQid(w, a);
  w.u32(FORMAT[a.type] | a.permissions)
    .u32(a.userId)
    .u32(a.groupId)
    .u64(BigInt(a.links));
  w.u64(deviceNumber(a)).u64(BigInt(a.size)).u64(BigInt(a.blockSize)).u64(BigInt(a.blocks));
  for (const time of [a.accessTime, a.modificationTime, a.changeTime, 0n]) putTime(w, time);
  // Generation and data version, which the mask before says are not given.
  w.u64(0n).u64(0n);
}
