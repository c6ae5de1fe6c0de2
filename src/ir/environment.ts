import type { EnvironmentName } from "./statement.js";

/** Numbers by which generated code tells the machine which system instruction to do. */
export const environmentOperations = {
  undefined: 0,
  svc: 1,
  hvc: 2,
  smc: 3,
  brk: 4,
  hlt: 5,
  dcps1: 6,
  dcps2: 7,
  dcps3: 8,
  eret: 9,
  drps: 10,
  mrs: 11,
  msr: 12,
  msrImmediate: 13,
  sys: 14,
  sysl: 15,
  wfi: 16,
  wfe: 17,
  sev: 18,
  sevl: 19,
  yield: 20,
  isb: 21,
  pointerAuthentication: 22,
  fpTrap: 23,
  branchTarget: 24,
  /** SP is misaligned and an access uses it as base: an exception, if SCTLR_ELx.SA asks for one. */
  stackAlignment: 25,
} as const satisfies { readonly [name in EnvironmentName | "stackAlignment"]: number };

export function environmentOperation(name: keyof typeof environmentOperations): number {
  return environmentOperations[name];
}
