import { PsciFunction, PsciReturn, SmcccFunction } from "./psci-functions.js";

/** AFFINITY_INFO's answers (DEN 0022, section 5.7). */
export type PowerState = "on" | "off";

/** What PSCI needs of the machine. */
export interface PowerController {
  /** The PE with these affinity fields (Aff3 at bit 32, as in MPIDR_EL1), or undefined. */
  processorAt(affinity: bigint): number | undefined;
  powerState(pe: number): PowerState;
  /** Whether code can be entered there: in memory that the caller may use. */
  canEnter(address: bigint): boolean;
  /** Powers a PE on: it starts at `entry`, at the caller's Exception level, with `context` in X0. */
  turnOn(pe: number, entry: bigint, context: bigint): void;
  turnOff(pe: number): void;
  /** The PE waits for an interrupt, as in WFI. */
  standBy(pe: number): void;
  systemOff(): void;
  systemReset(kind: "cold" | "warm"): void;
}

/** A call's result: what goes into X0, or that the caller doesn't come back. */
export type PsciResult = bigint | "no return";

type Call = (power: PowerController, caller: number, args: readonly [bigint, bigint, bigint]) => PsciResult | number;

const psciVersion = 0x0001_0001; // 1.1
const smcccVersion = 0x0001_0001; // 1.1

/** MIGRATE_INFO_TYPE: no Trusted OS that would have to move (section 5.9). */
const noMigration = 2;
/** SYSTEM_RESET2's only architectural reset type (section 5.12). */
const systemWarmReset = 0n;
/** MPIDR_EL1's affinity fields. */
const affinityMask = 0xff_00ff_ffffn;

/** Mitigations that a machine without speculation doesn't need: SMCCC_ARCH_WORKAROUND_1, _2 and _3. */
const workarounds: ReadonlySet<number> = new Set([0x8000_8000, 0x8000_7fff, 0x8000_3fff]);
const workaroundNotRequired = 1;

const cpuOn: Call = (power, _caller, [target, entry, context]) => {
  const pe = (target & ~affinityMask) === 0n ? power.processorAt(target) : undefined;
  if (pe === undefined) return PsciReturn.invalidParameters;
  if (power.powerState(pe) === "on") return PsciReturn.alreadyOn;
  if ((entry & 3n) !== 0n || !power.canEnter(entry)) return PsciReturn.invalidAddress;
  power.turnOn(pe, entry, context);
  return PsciReturn.success;
};

const affinityInfo: Call = (power, _caller, [target, level]) => {
  const pe = (target & ~affinityMask) === 0n ? power.processorAt(target) : undefined;
  // Levels above 0 are optional since PSCI 1.0.
  if (pe === undefined || level !== 0n) return PsciReturn.invalidParameters;
  return power.powerState(pe) === "on" ? 0 : 1;
};

/** Power-down states are entered as stand-by, which section 5.4.3 allows when it is the deepest that can be reached. */
const cpuSuspend: Call = (power, caller, [state]) => {
  // The original format: StateID, bit 16 the type, bits 25:24 the level; the rest must be zero.
  if ((state & 0xfcfe_0000n) !== 0n) return PsciReturn.invalidParameters;
  power.standBy(caller);
  return PsciReturn.success;
};

const systemReset2: Call = (power, _caller, [type]) => {
  if ((type & 0xffff_ffffn) !== systemWarmReset) return PsciReturn.invalidParameters;
  power.systemReset("warm");
  return "no return";
};

const features: Call = (_power, _caller, [id]) => {
  const wanted = Number(id & 0xffff_ffffn);
  return calls.has(wanted) || wanted === SmcccFunction.version ? 0 : PsciReturn.notSupported;
};

const archFeatures: Call = (_power, _caller, [id]) => {
  const wanted = Number(id & 0xffff_ffffn);
  if (workarounds.has(wanted)) return workaroundNotRequired;
  return wanted === SmcccFunction.version || wanted === SmcccFunction.archFeatures ? 0 : PsciReturn.notSupported;
};

/** The functions that exist; PSCI_FEATURES answers from this table too. */
const calls: ReadonlyMap<number, Call> = new Map<number, Call>([
  [PsciFunction.version, () => psciVersion],
  [PsciFunction.cpuSuspend, cpuSuspend],
  [PsciFunction.cpuSuspend64, cpuSuspend],
  [
    PsciFunction.cpuOff,
    (power, caller) => {
      power.turnOff(caller);
      return "no return";
    },
  ],
  [PsciFunction.cpuOn, cpuOn],
  [PsciFunction.cpuOn64, cpuOn],
  [PsciFunction.affinityInfo, affinityInfo],
  [PsciFunction.affinityInfo64, affinityInfo],
  [PsciFunction.migrateInfoType, () => noMigration],
  [
    PsciFunction.systemOff,
    (power) => {
      power.systemOff();
      return "no return";
    },
  ],
  [
    PsciFunction.systemReset,
    (power) => {
      power.systemReset("cold");
      return "no return";
    },
  ],
  [PsciFunction.features, features],
  [PsciFunction.systemReset2, systemReset2],
  [PsciFunction.systemReset264, systemReset2],
]);

const smcccCalls: ReadonlyMap<number, Call> = new Map<number, Call>([
  [SmcccFunction.version, () => smcccVersion],
  [SmcccFunction.archFeatures, archFeatures],
  ...[...workarounds].map((id): [number, Call] => [id, () => PsciReturn.success]),
]);

/**
 * Carries out an HVC or SMC made by PE `caller` under the SMC Calling Convention: function identifier in W0, arguments
 * in X1 to X3. Functions that don't exist give NOT_SUPPORTED, TRNG and vendor services among them.
 */
export function callPsci(
  power: PowerController,
  caller: number,
  x0: bigint,
  args: readonly [bigint, bigint, bigint],
): PsciResult {
  const id = Number(x0 & 0xffff_ffffn);
  const call = calls.get(id) ?? smcccCalls.get(id);
  if (!call) return BigInt(PsciReturn.notSupported);
  // SMC32 calls pass 32-bit arguments (DEN 0028, section 3.1).
  const is64 = (id & 0x4000_0000) !== 0;
  const [a, b, c] = args;
  const result = call(power, caller, is64 ? args : [low(a), low(b), low(c)]);
  return typeof result === "number" ? BigInt(result) : result;
}

function low(value: bigint): bigint {
  return value & 0xffff_ffffn;
}
