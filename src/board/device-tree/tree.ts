/**
 * A device tree in memory (Devicetree Specification v0.4). Property values are the raw bytes; {@link cells},
 * {@link cells64} and {@link text} make them.
 */
export interface DeviceTreeNode {
  /** With its unit address ("pl011@9000000"); the root's is "". */
  readonly name: string;
  readonly properties: Map<string, Uint8Array>;
  readonly children: DeviceTreeNode[];
}

/** A range that the operating system must leave alone (section 5.3). */
export interface MemoryReservation {
  readonly address: bigint;
  readonly size: bigint;
}

export interface DeviceTree {
  readonly root: DeviceTreeNode;
  readonly reservations: MemoryReservation[];
  /** Physical ID of the PE that boots, as in the blob's header. */
  bootCpu: number;
}

/** A node with its properties, in the order given. */
export function node(
  name: string,
  properties: Record<string, Uint8Array> = {},
  children: DeviceTreeNode[] = [],
): DeviceTreeNode {
  return { name, properties: new Map(Object.entries(properties)), children };
}

/** A property of 32-bit big-endian cells. */
export function cells(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value);
  return bytes;
}

/** A property of 64-bit values, two cells each: `reg` under #address-cells = #size-cells = 2. */
export function cells64(...values: number[]): Uint8Array {
  return cells(...values.flatMap((value) => [Math.floor(value / 2 ** 32), value % 2 ** 32]));
}

/** A property of one or more strings, each ended by NUL. */
export function text(...strings: string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((s) => `${s}\0`).join(""));
}

/** A property that says something by being there. */
export const empty: Uint8Array = new Uint8Array(0);

/** The child called `name`, or undefined. */
export function childOf(parent: DeviceTreeNode, name: string): DeviceTreeNode | undefined {
  return parent.children.find((child) => child.name === name);
}

/** The child called `name`, made when it isn't there. */
export function ensureChild(parent: DeviceTreeNode, name: string): DeviceTreeNode {
  const found = childOf(parent, name);
  if (found) return found;
  const made = node(name);
  parent.children.push(made);
  return made;
}

/** The property's first cell, or undefined when it is absent or shorter. */
export function firstCell(of: DeviceTreeNode, property: string): number | undefined {
  const value = of.properties.get(property);
  if (!value || value.length < 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.length).getUint32(0);
}
