/**
 * The `virt` board's guest-physical addresses and interrupts, the same as QEMU's (`hw/arm/virt` as its device tree
 * shows it: `qemu-system-aarch64 -M virt,gic-version=3,dumpdtb=FILE`). Sizes are bytes.
 */
export const memoryMap = {
  /** Two banks of half this size. With EL3 the first one is Secure. */
  flash: { base: 0x0000_0000, size: 0x0800_0000 },
  gicDistributor: { base: 0x0800_0000, size: 0x0001_0000 },
  gicIts: { base: 0x0808_0000, size: 0x0002_0000 },
  /** 128 KB for each PE, in the order of the PEs. */
  gicRedistributors: { base: 0x080a_0000, size: 0x00f6_0000 },
  pl011: { base: 0x0900_0000, size: 0x1000 },
  pl031: { base: 0x0901_0000, size: 0x1000 },
  fwCfg: { base: 0x0902_0000, size: 0x18 },
  pl061: { base: 0x0903_0000, size: 0x1000 },
  /** Secure accesses find these, on machines with EL3. */
  securePl011: { base: 0x0904_0000, size: 0x1000 },
  securePl061: { base: 0x090b_0000, size: 0x1000 },
  /** The first of `virtioTransports` windows of this size, one after the other. */
  virtio: { base: 0x0a00_0000, size: 0x200 },
  secureRam: { base: 0x0e00_0000, size: 0x0100_0000 },
  pcieMemory: { base: 0x1000_0000, size: 0x2eff_0000 },
  pcieIo: { base: 0x3eff_0000, size: 0x1_0000 },
  /** Configuration space: 16 buses, or 256 where addresses above 4 GB may be used. */
  pcieEcam: { base: 0x3f00_0000, size: 0x0100_0000 },
  pcieEcamHigh: { base: 0x40_1000_0000, size: 0x1000_0000 },
  pcieMemoryHigh: { base: 0x80_0000_0000, size: 0x80_0000_0000 },
  ram: { base: 0x4000_0000, size: 255 * 2 ** 30 },
} as const;

/** Shared peripheral interrupts by number (INTID less 32). */
export const spi = { securePl061: 0, pl011: 1, pl031: 2, pcie: 3, pl061: 7, securePl011: 8, virtio: 16 } as const;

/** Output lines of the Secure PL061: a rising edge switches the machine off, or resets it. */
export const secureGpio = { powerOff: 0, restart: 1 } as const;

/** The flash banks: pairs of 16-bit chips with erase blocks of 256 KB over both. */
export const flashGeometry = {
  size: memoryMap.flash.size / 2,
  blockSize: 0x4_0000,
  bankWidth: 4,
  chipWidth: 2,
} as const;

/** Private peripheral interrupts by number (INTID less 16), as the Base System Architecture assigns them. */
export const ppi = {
  pmu: 7,
  gicMaintenance: 9,
  timerHypervisor: 10,
  timerVirtual: 11,
  timerSecure: 13,
  timerNonSecure: 14,
} as const;

/** virtio-mmio windows, each with its own interrupt from `spi.virtio` on. */
export const virtioTransports = 32;

/** The shared interrupts that a controller for this board must have. */
export const sharedInterrupts = 224;

/** CNTFRQ_EL0 in Hz. */
export const counterFrequency = 62_500_000;

/** PEs that one machine can have. */
export const maximumProcessors = 8;

/** MPIDR_EL1's affinity fields of PE `index`: clusters of 16, as QEMU numbers them with a GICv3. */
export function affinityOf(index: number): number {
  return ((index >> 4) << 8) | (index & 0xf);
}
