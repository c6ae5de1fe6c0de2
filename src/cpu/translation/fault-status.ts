/** Fault status codes, ISS.DFSC and IFSC (DDI 0487 D17.2.37); those of four levels are given for level 0. */
export const FaultStatus = {
  addressSize: 0b000000,
  translation: 0b000100,
  accessFlag: 0b001000,
  permission: 0b001100,
  external: 0b010000,
  externalOnWalk: 0b010100,
  alignment: 0b100001,
  unsupportedExclusive: 0b110101,
} as const;

/** One descriptor that a walk read. `address` is physical. */
export interface DescriptorRecord {
  readonly stage: 1 | 2;
  readonly level: number;
  readonly address: number;
  readonly low: number;
  readonly high: number;
  readonly secure: boolean;
}
