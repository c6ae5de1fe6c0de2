/** One interrupt wire, seen from the device that drives it. Level-sensitive unless the receiver says otherwise. */
export interface IrqLine {
  /** Drives the wire; calling it with the level it already has is allowed and does nothing. */
  set(level: boolean): void;
}

/** An interrupt wire that goes nowhere: for devices built without a controller, and for tests. */
export const unconnectedIrq: IrqLine = { set() {} };
