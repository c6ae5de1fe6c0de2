/** One entry of an archive in the "newc" format, as the kernel's initramfs unpacker reads it. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** st_mode: file type and permissions. */
  readonly mode: number;
  /** A file's content, or a symbolic link's target. */
  readonly content?: Uint8Array;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

export const fileType = { directory: 0o040000, file: 0o100000, link: 0o120000, character: 0o020000 } as const;

const magic = "070701";
const trailer: CpioEntry = { path: "TRAILER!!!", mode: 0 };

/**
 * Writes a newc archive (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). Owner 0, time 0, inodes
 * counted: the same entries always give the same bytes.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes, new Uint8Array(-(length + bytes.length) & 3));
    length = (length + bytes.length + 3) & ~3;
  };
  for (const [i, entry] of [...entries, trailer].entries()) {
    const name = new TextEncoder().encode(`${entry.path}\0`);
    const content = entry.content ?? new Uint8Array(0);
    const fields = [
      entry === trailer ? 0 : i + 1, // inode
      entry.mode,
      0, // owner
      0, // group
      entry.mode >> 12 === 4 ? 2 : 1, // links
      0, // time
      content.length,
      0, // device that holds the file: major, minor
      0,
      entry.device?.[0] ?? 0,
      entry.device?.[1] ?? 0,
      name.length,
      0, // check
    ];
    const header = new TextEncoder().encode(magic + fields.map((f) => f.toString(16).padStart(8, "0")).join(""));
    const head = new Uint8Array(header.length + name.length);
    head.set(header);
    head.set(name, header.length);
    put(head);
    put(content);
  }
  const archive = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
