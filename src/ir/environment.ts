/** Numbers of the operations that generated code asks a processing element for; the names are those that semantics use. */
export const EnvironmentOperation = {
  /** Argument: the instruction word. */
  undefined: 0,
  /** Argument: imm16. */
  svc: 1,
  hvc: 2,
  smc: 3,
  brk: 4,
  hlt: 5,
  dcps1: 6,
  dcps2: 7,
  dcps3: 8,
  /** Argument: 0 ERET, 2 ERETAA, 3 ERETAB, which come authenticated. */
  eret: 9,
  drps: 10,
  /** Argument: encoding | Rt << 16 (Rt is reported when the access traps). The value goes through PeState.argument. */
  mrs: 11,
  msr: 12,
  /** Argument: op1 << 8 | op2 << 4 | CRm. */
  msrImmediate: 13,
  /** Argument: encoding | Rt << 16; the value of Xt in PeState.argument. */
  sys: 14,
  sysl: 15,
  wfi: 16,
  wfe: 17,
  sev: 18,
  sevl: 19,
  yield: 20,
  isb: 21,
  /** Error synchronization barrier. */
  esb: 22,
  /** Argument: 0 for a PAC instruction that HCR_EL2.API or SCR_EL3.API traps. */
  pointerAuthentication: 23,
  /** An FP or SIMD instruction while PeState.fpTrap isn't 0. */
  fpTrap: 24,
  /** PSTATE.BTYPE doesn't fit the instruction. Argument: ignored. */
  branchTarget: 25,
  /** PSTATE.IL is set. */
  illegalState: 26,
  /** SP & PeState.spAlignmentMask isn't 0 where SP is a base. */
  stackAlignment: 27,
  /** SVE or SME instruction on a PE that has them disabled; UNDEFINED while no core has them. */
  sveTrap: 28,
  /** A pointer authentication failure under FEAT_FPAC. Argument: bits 1:0 of the ISS (data key, B key). */
  authenticationFailure: 29,
  /** Argument: what is about to be executed, for observers (isa/observed.ts); in machines that have some only. */
  observe: 30,
} as const;

/** Number of the operation called `name`. */
export function environmentOperation(name: keyof typeof EnvironmentOperation): number {
  return EnvironmentOperation[name];
}
