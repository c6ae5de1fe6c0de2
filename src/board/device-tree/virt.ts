import { affinityOf, memoryMap, ppi, secureGpio, spi, virtioTransports } from "../memory-map.js";
import { PsciFunction } from "../psci-functions.js";
import { flashNodes, secureOnly } from "./flash-nodes.js";
import { pcieNode } from "./pcie-node.js";
import { cells, cells64, type DeviceTree, type DeviceTreeNode, empty, node, text } from "./tree.js";

/** How a guest calls PSCI; undefined when its own EL3 firmware will serve it. */
export type PsciConduit = "hvc" | "smc" | undefined;

export interface VirtTreeOptions {
  readonly processors: number;
  /** The processors' `compatible`, as the core's device tree binding names it ("arm,cortex-a57"). */
  readonly compatible: string;
  readonly psciConduit: PsciConduit;
  /** Bytes of RAM. */
  readonly memory: number;
  /** Whether the PEs have EL2: the GIC then has a maintenance interrupt. */
  readonly hasEl2: boolean;
  /** Whether the PEs have EL3: there are Secure memory and devices then. */
  readonly hasEl3: boolean;
  readonly hasIts: boolean;
  /** Whether addresses above 4 GB may be used for PCI Express; yes by default. */
  readonly highMemory?: boolean;
  readonly hasFwCfg: boolean;
  /** Whether the PEs have FEAT_PMUv3. */
  readonly hasPmu: boolean;
}

/** Phandles; any numbers will do as long as they differ. */
const Phandle = { clock: 0x8000, gic: 0x8003, its: 0x8004, pl061: 0x8005, securePl061: 0x8006, cpu: 0x8010 } as const;

/** Interrupt specifiers (the arm,gic-v3 binding): kind, number, trigger. */
const sharedLevel = (number: number) => [0, number, 4];
const sharedEdge = (number: number) => [0, number, 1];
const privateLevel = (number: number) => [1, number, 4];

/** Linux's KEY_POWER, what the gpio-keys node reports. */
const keyPower = 116;

/** The `virt` board's tree, equal in content to QEMU's for the devices that we have; `/chosen` names the console only. */
export function virtDeviceTree(options: VirtTreeOptions): DeviceTree {
  const pl011Name = `pl011@${memoryMap.pl011.base.toString(16)}`;
  const root = node(
    "",
    {
      "interrupt-parent": cells(Phandle.gic),
      model: text("linux,dummy-virt"),
      "#size-cells": cells(2),
      "#address-cells": cells(2),
      compatible: text("linux,dummy-virt"),
    },
    [
      ...(options.psciConduit ? [psciNode(options.psciConduit)] : []),
      memoryNode(options.memory),
      ...(options.hasFwCfg ? [fwCfgNode()] : []),
      ...Array.from({ length: virtioTransports }, (_, i) => virtioNode(i)),
      ...(options.hasEl3 ? secureNodes() : []),
      ...flashNodes(options.hasEl3),
      pcieNode({
        gic: Phandle.gic,
        its: options.hasIts ? Phandle.its : undefined,
        highMemory: options.highMemory ?? true,
      }),
      node("gpio-keys", { compatible: text("gpio-keys") }, [
        node("poweroff", {
          gpios: cells(Phandle.pl061, 3, 0),
          "linux,code": cells(keyPower),
          label: text("GPIO Key Poweroff"),
        }),
      ]),
      primecell("pl061", memoryMap.pl061, spi.pl061, ["apb_pclk"], {
        phandle: cells(Phandle.pl061),
        "gpio-controller": empty,
        "#gpio-cells": cells(2),
      }),
      primecell("pl031", memoryMap.pl031, spi.pl031, ["apb_pclk"]),
      primecell("pl011", memoryMap.pl011, spi.pl011, ["uartclk", "apb_pclk"]),
      ...(options.hasPmu
        ? [node("pmu", { interrupts: cells(...privateLevel(ppi.pmu)), compatible: text("arm,armv8-pmuv3") })]
        : []),
      gicNode(options),
      cpusNode(options),
      node("timer", {
        interrupts: cells(
          ...[ppi.timerSecure, ppi.timerNonSecure, ppi.timerVirtual, ppi.timerHypervisor].flatMap(privateLevel),
        ),
        "always-on": empty,
        compatible: text("arm,armv8-timer", "arm,armv7-timer"),
      }),
      node("apb-pclk", {
        phandle: cells(Phandle.clock),
        "clock-output-names": text("clk24mhz"),
        "clock-frequency": cells(24_000_000),
        "#clock-cells": cells(0),
        compatible: text("fixed-clock"),
      }),
      node("chosen", { "stdout-path": text(`/${pl011Name}`) }),
    ],
  );
  return { root, reservations: [], bootCpu: 0 };
}

/** What EL3's firmware has to itself, and how it ends or resets the machine. */
function secureNodes(): DeviceTreeNode[] {
  const { securePl011, securePl061, secureRam } = memoryMap;
  const line = (name: string, number: number): DeviceTreeNode =>
    node(name, { ...secureOnly, gpios: cells(Phandle.securePl061, number, 0), compatible: text(name) });
  return [
    node(`secram@${secureRam.base.toString(16)}`, {
      ...secureOnly,
      reg: cells64(secureRam.base, secureRam.size),
      device_type: text("memory"),
    }),
    primecell("pl011", securePl011, spi.securePl011, ["uartclk", "apb_pclk"], secureOnly),
    primecell("pl061", securePl061, spi.securePl061, ["apb_pclk"], {
      ...secureOnly,
      phandle: cells(Phandle.securePl061),
      "gpio-controller": empty,
      "#gpio-cells": cells(2),
    }),
    line("gpio-poweroff", secureGpio.powerOff),
    line("gpio-restart", secureGpio.restart),
    node("secure-chosen", { "stdout-path": text(`/pl011@${securePl011.base.toString(16)}`) }),
  ];
}

/** The `/psci` node (binding arm,psci). */
export function psciNode(conduit: "hvc" | "smc"): DeviceTreeNode {
  return node("psci", {
    migrate: cells(PsciFunction.migrate64),
    cpu_on: cells(PsciFunction.cpuOn64),
    cpu_off: cells(PsciFunction.cpuOff),
    cpu_suspend: cells(PsciFunction.cpuSuspend64),
    method: text(conduit),
    compatible: text("arm,psci-1.0", "arm,psci-0.2", "arm,psci"),
  });
}

/** The `/memory` node for RAM of `size` bytes. */
export function memoryNode(size: number): DeviceTreeNode {
  return node(`memory@${memoryMap.ram.base.toString(16)}`, {
    reg: cells64(memoryMap.ram.base, size),
    device_type: text("memory"),
  });
}

function fwCfgNode(): DeviceTreeNode {
  const { base, size } = memoryMap.fwCfg;
  return node(`fw-cfg@${base.toString(16)}`, {
    "dma-coherent": empty,
    reg: cells64(base, size),
    compatible: text("qemu,fw-cfg-mmio"),
  });
}

function virtioNode(index: number): DeviceTreeNode {
  const base = memoryMap.virtio.base + index * memoryMap.virtio.size;
  return node(`virtio_mmio@${base.toString(16)}`, {
    "dma-coherent": empty,
    interrupts: cells(...sharedEdge(spi.virtio + index)),
    reg: cells64(base, memoryMap.virtio.size),
    compatible: text("virtio,mmio"),
  });
}

function primecell(
  name: string,
  place: { base: number; size: number },
  interrupt: number,
  clockNames: string[],
  more: Record<string, Uint8Array> = {},
): DeviceTreeNode {
  return node(`${name}@${place.base.toString(16)}`, {
    ...more,
    "clock-names": text(...clockNames),
    clocks: cells(...clockNames.map(() => Phandle.clock)),
    interrupts: cells(...sharedLevel(interrupt)),
    compatible: text(`arm,${name}`, "arm,primecell"),
    reg: cells64(place.base, place.size),
  });
}

function gicNode(options: VirtTreeOptions): DeviceTreeNode {
  const { gicDistributor, gicRedistributors, gicIts } = memoryMap;
  const its = node(`its@${gicIts.base.toString(16)}`, {
    phandle: cells(Phandle.its),
    reg: cells64(gicIts.base, gicIts.size),
    "#msi-cells": cells(1),
    "msi-controller": empty,
    compatible: text("arm,gic-v3-its"),
  });
  return node(
    `intc@${gicDistributor.base.toString(16)}`,
    {
      phandle: cells(Phandle.gic),
      ...(options.hasEl2 ? { interrupts: cells(...privateLevel(ppi.gicMaintenance)) } : {}),
      reg: cells64(gicDistributor.base, gicDistributor.size, gicRedistributors.base, gicRedistributors.size),
      "#redistributor-regions": cells(1),
      compatible: text("arm,gic-v3"),
      ranges: empty,
      "#size-cells": cells(2),
      "#address-cells": cells(2),
      "interrupt-controller": empty,
      "#interrupt-cells": cells(3),
    },
    options.hasIts ? [its] : [],
  );
}

function cpusNode(options: VirtTreeOptions): DeviceTreeNode {
  const indices = Array.from({ length: options.processors }, (_, i) => i);
  const cores = indices.map((i) => node(`core${i}`, { cpu: cells(Phandle.cpu + i) }));
  // QEMU leaves the method out when there is nothing to switch on.
  const method = options.processors > 1 && options.psciConduit ? { "enable-method": text("psci") } : {};
  return node("cpus", { "#size-cells": cells(0), "#address-cells": cells(1) }, [
    node("cpu-map", {}, [node("socket0", {}, [node("cluster0", {}, cores)])]),
    ...indices.map((i) =>
      node(`cpu@${affinityOf(i).toString(16)}`, {
        phandle: cells(Phandle.cpu + i),
        reg: cells(affinityOf(i)),
        ...method,
        compatible: text(options.compatible),
        device_type: text("cpu"),
      }),
    ),
  ]);
}
