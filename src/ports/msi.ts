/** Where message signalled interrupts go: what a bus's root complex does with a write of four bytes to memory. */
export interface MsiTarget {
  /**
   * Device `requester` (for PCI: bus, device and function in 16 bits) writes `data`, 32 bits, to a physical address.
   * What isn't an interrupt controller's register is memory. False when nothing is there.
   */
  write(requester: number, address: number, data: number): boolean;
}
