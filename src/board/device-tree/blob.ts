import type { DeviceTree, DeviceTreeNode, MemoryReservation } from "./tree.js";

/** The flattened format, version 17 (Devicetree Specification v0.4, chapter 5). All numbers are big-endian. */
const Fdt = {
  magic: 0xd00dfeed,
  version: 17,
  lastCompatibleVersion: 16,
  headerSize: 40,
  beginNode: 1,
  endNode: 2,
  property: 3,
  nop: 4,
  end: 9,
} as const;

/** Deeper than any real tree; a blob that nests further is an attack on the reader's stack. */
const maximumDepth = 64;

/** What is wrong with a device tree blob: one sentence, without the file's name. */
export class DeviceTreeError extends Error {
  override readonly name = "DeviceTreeError";
}

/** Flattens a tree. The result is a whole number of 8-byte units long. */
export function writeDeviceTree(tree: DeviceTree): Uint8Array {
  const strings = new StringTable();
  const structure = new ByteWriter();
  const writeNode = (of: DeviceTreeNode): void => {
    structure.cell(Fdt.beginNode);
    structure.bytes(new TextEncoder().encode(`${of.name}\0`));
    structure.align(4);
    for (const [name, value] of of.properties) {
      structure.cell(Fdt.property);
      structure.cell(value.length);
      structure.cell(strings.offsetOf(name));
      structure.bytes(value);
      structure.align(4);
    }
    of.children.forEach(writeNode);
    structure.cell(Fdt.endNode);
  };
  writeNode(tree.root);
  structure.cell(Fdt.end);

  const reservations = new ByteWriter();
  for (const { address, size } of [...tree.reservations, { address: 0n, size: 0n }]) {
    for (const value of [address, size]) {
      reservations.cell(Number(value >> 32n));
      reservations.cell(Number(value & 0xffff_ffffn));
    }
  }
  const reservationOffset = Fdt.headerSize;
  const structureOffset = reservationOffset + reservations.length;
  const stringsOffset = structureOffset + structure.length;
  const stringsSize = strings.bytes.length;
  const blob = new ByteWriter();
  for (const value of [
    Fdt.magic,
    Math.ceil((stringsOffset + stringsSize) / 8) * 8,
    structureOffset,
    stringsOffset,
    reservationOffset,
    Fdt.version,
    Fdt.lastCompatibleVersion,
    tree.bootCpu,
    stringsSize,
    structure.length,
  ])
    blob.cell(value);
  blob.bytes(reservations.toBytes());
  blob.bytes(structure.toBytes());
  blob.bytes(strings.bytes.toBytes());
  blob.align(8);
  return blob.toBytes();
}

/** Reads a blob (versions 16 and 17). Throws {@link DeviceTreeError} for anything that isn't one. */
export function readDeviceTree(blob: Uint8Array): DeviceTree {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < Fdt.headerSize || view.getUint32(0) !== Fdt.magic)
    throw new DeviceTreeError("not a device tree blob (it doesn't begin with d00dfeed)");
  const header = (index: number): number => view.getUint32(index * 4);
  const totalSize = header(1);
  const structureOffset = header(2);
  const stringsOffset = header(3);
  const reservationOffset = header(4);
  const lastCompatible = header(6);
  if (lastCompatible > Fdt.version || header(5) < Fdt.lastCompatibleVersion)
    throw new DeviceTreeError(
      `a device tree blob of version ${header(5)} (compatible with ${lastCompatible}); 16 and 17 can be read`,
    );
  if (totalSize > blob.length)
    throw new DeviceTreeError(
      `the device tree blob is cut short: its header says ${totalSize} bytes, there are ${blob.length}`,
    );
  const stringsEnd = stringsOffset + header(8);
  const structureEnd = header(5) >= 17 ? structureOffset + header(9) : totalSize;
  if (structureOffset % 4 !== 0 || structureOffset > totalSize || stringsEnd > totalSize || structureEnd > totalSize)
    throw new DeviceTreeError("the device tree blob's header points outside the blob");

  const string = (from: number, end: number, what: string): string => {
    const stop = blob.indexOf(0, from);
    if (from >= end || stop < 0 || stop >= end)
      throw new DeviceTreeError(`${what} at byte ${from} of the device tree blob has no end`);
    return new TextDecoder().decode(blob.subarray(from, stop));
  };
  let position = structureOffset;
  const cell = (): number => {
    if (position + 4 > structureEnd)
      throw new DeviceTreeError("the device tree blob's structure block ends in the middle of a node");
    position += 4;
    return view.getUint32(position - 4);
  };
  const readNode = (depth: number): DeviceTreeNode => {
    if (depth > maximumDepth) throw new DeviceTreeError(`the device tree nests deeper than ${maximumDepth} nodes`);
    const name = string(position, structureEnd, "a node's name");
    position = align(position + new TextEncoder().encode(name).length + 1, 4);
    const made: DeviceTreeNode = { name, properties: new Map(), children: [] };
    for (;;) {
      const at = position;
      const token = cell();
      if (token === Fdt.nop) continue;
      if (token === Fdt.endNode) return made;
      if (token === Fdt.beginNode) {
        made.children.push(readNode(depth + 1));
      } else if (token === Fdt.property) {
        const length = cell();
        const nameOffset = cell();
        if (position + length > structureEnd)
          throw new DeviceTreeError(`the property at byte ${at} of the device tree blob runs past its structure block`);
        const property = string(stringsOffset + nameOffset, stringsEnd, "a property's name");
        made.properties.set(property, new Uint8Array(blob.subarray(position, position + length)));
        position = align(position + length, 4);
      } else {
        throw new DeviceTreeError(`token ${token} at byte ${at} of the device tree blob is unknown`);
      }
    }
  };
  let token = cell();
  while (token === Fdt.nop) token = cell();
  if (token !== Fdt.beginNode) throw new DeviceTreeError("the device tree blob doesn't begin with a node");
  const root = readNode(0);
  return { root, reservations: readReservations(view, reservationOffset, totalSize), bootCpu: header(7) };
}

function readReservations(view: DataView, offset: number, end: number): MemoryReservation[] {
  const found: MemoryReservation[] = [];
  for (let at = offset; ; at += 16) {
    if (at + 16 > end) throw new DeviceTreeError("the device tree blob's memory reservations have no end");
    const address = view.getBigUint64(at);
    const size = view.getBigUint64(at + 8);
    if (address === 0n && size === 0n) return found;
    found.push({ address, size });
  }
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** A growing array of bytes. */
class ByteWriter {
  #bytes = new Uint8Array(1024);
  length = 0;

  cell(value: number): void {
    this.#reserve(4);
    new DataView(this.#bytes.buffer).setUint32(this.length, value);
    this.length += 4;
  }

  bytes(source: Uint8Array): void {
    this.#reserve(source.length);
    this.#bytes.set(source, this.length);
    this.length += source.length;
  }

  align(to: number): void {
    const length = align(this.length, to);
    this.#reserve(length - this.length);
    this.length = length;
  }

  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array((this.length + count) * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** The strings block: each property name once. */
class StringTable {
  readonly bytes = new ByteWriter();
  readonly #offsets = new Map<string, number>();

  offsetOf(name: string): number {
    let offset = this.#offsets.get(name);
    if (offset === undefined) {
      offset = this.bytes.length;
      this.#offsets.set(name, offset);
      this.bytes.bytes(new TextEncoder().encode(`${name}\0`));
    }
    return offset;
  }
}
