/**
 * Markers: HINT instructions that have no meaning in the Arm ARM (DDI 0487 C4.1.66 allocates none of CRm:op2 64 to 127), so that they
 * are NOPs on every other machine. guest/include/lab.h has them for guest code.
 */
export const Marker = {
  /** A crossing begins. X0: its number. */
  begin: 0x50,
  /** A crossing ends. X0: its number. */
  end: 0x51,
  /** A crossing begins when the wire of an interrupt is asserted next. X0: its number; X1: the INTID. */
  arm: 0x52,
  /** X0: an INTID. Ends the crossing that its wire began and that was armed with {@link untilSeen}, if there is one. */
  seen: 0x54,
  /** Something to remember. X0: its number; X1: its value. */
  note: 0x53,
} as const;

/** In X1 of {@link Marker.arm}, beside the INTID: {@link Marker.seen} ends the crossing. */
export const untilSeen = 1n << 32n;
