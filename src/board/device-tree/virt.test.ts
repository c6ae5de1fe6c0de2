import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runTool, withDirectory } from "../../../test/support/tools.js";
import { readDeviceTree } from "./blob.js";
import type { DeviceTree, DeviceTreeNode } from "./tree.js";
import { virtDeviceTree } from "./virt.js";

/** Path -> property -> value in hexadecimal, with phandles replaced by the path that they point to. */
function flatten(tree: DeviceTree): Record<string, Record<string, string>> {
  const nodes: [string, DeviceTreeNode][] = [];
  const visit = (at: string, node: DeviceTreeNode): void => {
    nodes.push([at, node]);
    for (const child of node.children) visit(`${at}/${child.name}`, child);
  };
  visit("", tree.root);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const paths = new Map(nodes.map(([path, node]) => [hex(node.properties.get("phandle") ?? new Uint8Array()), path]));
  const referring = new Set(["interrupt-parent", "clocks", "cpu", "gpios"]);
  const value = (name: string, bytes: Uint8Array): string => {
    if (name === "phandle") return "a phandle";
    if (name === "interrupt-map" || name === "msi-map") {
      const words = hex(bytes).match(/.{8}/g)!;
      const [width, at] = name === "msi-map" ? [4, 1] : [10, 4];
      return words.map((word, i) => (i % width === at ? paths.get(word) : word)).join(" ");
    }
    if (!referring.has(name)) return hex(bytes);
    return hex(bytes)
      .match(/.{8}/g)!
      .map((cell) => paths.get(cell) ?? cell)
      .join(" ");
  };
  return Object.fromEntries(
    nodes.map(([path, node]) => [
      path || "/",
      Object.fromEntries([...node.properties].map(([name, bytes]) => [name, value(name, bytes)]).sort()),
    ]),
  );
}

const onOff = (value: boolean): string => (value ? "on" : "off");

describe("the virt board's tree against QEMU's", () => {
  it.each([
    { cpu: "cortex-a57", processors: 1, memory: 128, virtualization: false },
    { cpu: "cortex-a57", processors: 1, memory: 128, virtualization: false, its: false, highMemory: false },
    { cpu: "cortex-a53", processors: 8, memory: 4096, virtualization: false },
    { cpu: "neoverse-n1", processors: 4, memory: 512, virtualization: true },
    { cpu: "cortex-a57", processors: 2, memory: 256, virtualization: false, secure: true },
    { cpu: "cortex-a57", processors: 2, memory: 256, virtualization: true, secure: true },
  ])(
    "$cpu, $processors PEs, $memory MB, EL2 $virtualization, EL3 $secure",
    ({ cpu, processors, memory, virtualization, secure = false, its = true, highMemory = true }) => {
      const theirs = withDirectory((directory) => {
        const file = join(directory, "virt.dtb");
        const firmware = join(directory, "firmware");
        writeFileSync(firmware, "any");
        runTool("qemu-system-aarch64", [
          "-M",
          `virt,gic-version=3,virtualization=${onOff(virtualization)},secure=${onOff(secure)},its=${onOff(its)},highmem=${onOff(highMemory)},dumpdtb=${file}`,
          ...(secure ? ["-bios", firmware, "-no-acpi"] : []),
          ...["-cpu", cpu, "-smp", String(processors), "-m", String(memory)],
        ]);
        return flatten(readDeviceTree(readFileSync(file)));
      });
      const ours = flatten(
        virtDeviceTree({
          processors,
          compatible: `arm,${cpu}`,
          // Firmware at EL3 serves PSCI.
          psciConduit: secure ? undefined : virtualization ? "smc" : "hvc",
          memory: memory * 2 ** 20,
          hasEl2: virtualization,
          hasEl3: secure,
          hasIts: its,
          highMemory,
          hasFwCfg: true,
          hasPmu: true,
        }),
      );
      // What this board doesn't have, and the seeds, which differ from run to run.
      for (const path of Object.keys(theirs)) if (/^\/platform-bus@/.test(path)) delete theirs[path];
      for (const path of ["/chosen", "/secure-chosen"])
        for (const seed of ["rng-seed", "kaslr-seed"]) delete theirs[path]?.[seed];
      expect(ours).toEqual(theirs);
    },
  );
});
