/** Watches an interrupt controller. PEs go by their index; `pe` is undefined for a wire that all PEs share. */
export interface InterruptObserver {
  /** The wire of an SPI or PPI changed. */
  wire(intid: number, pe: number | undefined, level: boolean): void;
  /** A PE sent an SGI to another, or to itself. */
  sgi(intid: number, from: number, to: number): void;
  /** A message made an LPI pending on a PE. */
  message(intid: number, pe: number): void;
  /** What the controller signals to a PE as IRQ or FIQ: an INTID, or undefined when it signals nothing any more. */
  signals(pe: number, intid: number | undefined): void;
  /** ICC_IARn_EL1 (`virtual`: ICV_IARn_EL1) gave this INTID. */
  acknowledged(pe: number, intid: number, virtual: boolean): void;
  /** ICC_EOIRn_EL1 (`virtual`: ICV_EOIRn_EL1) ended this INTID. */
  ended(pe: number, intid: number, virtual: boolean): void;
}
