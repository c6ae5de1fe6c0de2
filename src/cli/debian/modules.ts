/** Kernel modules of a package, by module name ("virtio_blk"). */
export type ModuleFiles = ReadonlyMap<string, { readonly path: string; readonly content: Uint8Array }>;

/** The name by which modules refer to each other: the file's, with "-" as "_". */
export function moduleName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.ko$/, "").replaceAll("-", "_");
}

/** The modules that one needs directly: `depends=` in its .modinfo section. */
export function dependenciesOf(content: Uint8Array): string[] {
  const key = new TextEncoder().encode("\0depends=");
  const at = indexOf(content, key);
  if (at < 0) return [];
  const start = at + key.length;
  const names = new TextDecoder().decode(content.subarray(start, content.indexOf(0, start)));
  return names === "" ? [] : names.split(",").map((name) => name.replaceAll("-", "_"));
}

/** The modules wanted and everything that they need, each after what it needs. */
export function withDependencies(wanted: readonly string[], all: ModuleFiles): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    const file = all.get(name);
    if (!file || order.includes(name)) return;
    dependenciesOf(file.content).forEach(visit);
    if (!order.includes(name)) order.push(name);
  };
  wanted.forEach(visit);
  return order;
}

/** modules.dep as modprobe reads it, for modules under /lib/modules/VERSION. */
export function modulesDep(names: readonly string[], all: ModuleFiles): string {
  return names
    .map((name) => {
      const file = all.get(name)!;
      const needs = withDependencies(dependenciesOf(file.content), all).reverse();
      return `${[`${file.path}:`, ...needs.map((need) => all.get(need)!.path)].join(" ")}\n`;
    })
    .join("");
}

function indexOf(haystack: Uint8Array, needle: Uint8Array): number {
  return Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength).indexOf(needle);
}
