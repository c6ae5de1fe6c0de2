/**
 * Function identifiers of the Power State Coordination Interface (Arm DEN 0022, section 5) and of the SMC Calling
 * Convention's own calls (Arm DEN 0028, section 7). "64" marks the SMC64 variant where both exist.
 */
export const PsciFunction = {
  version: 0x8400_0000,
  cpuSuspend: 0x8400_0001,
  cpuSuspend64: 0xc400_0001,
  cpuOff: 0x8400_0002,
  cpuOn: 0x8400_0003,
  cpuOn64: 0xc400_0003,
  affinityInfo: 0x8400_0004,
  affinityInfo64: 0xc400_0004,
  migrate: 0x8400_0005,
  migrate64: 0xc400_0005,
  migrateInfoType: 0x8400_0006,
  migrateInfoUpCpu: 0x8400_0007,
  migrateInfoUpCpu64: 0xc400_0007,
  systemOff: 0x8400_0008,
  systemReset: 0x8400_0009,
  features: 0x8400_000a,
  systemReset2: 0x8400_0012,
  systemReset264: 0xc400_0012,
} as const;

export const SmcccFunction = {
  version: 0x8000_0000,
  archFeatures: 0x8000_0001,
} as const;

/** Return values (DEN 0022, section 5.2.2); NOT_SUPPORTED is SMCCC's too. */
export const PsciReturn = {
  success: 0,
  notSupported: -1,
  invalidParameters: -2,
  denied: -3,
  alreadyOn: -4,
  onPending: -5,
  internalFailure: -6,
  notPresent: -7,
  disabled: -8,
  invalidAddress: -9,
} as const;
