/**
 * Random walks over the system registers: at each level in turn, random values are written to random registers and read back, and others
 * are read. What a write leaves and what it does to other registers must be as on QEMU.
 */
import { cores } from "../../src/cpu/cores/cores.js";
import { featureHolds } from "../../src/cpu/system-register-access.js";
import { type SystemRegister, systemRegister, systemRegisters } from "../../src/isa/system-registers/index.js";
import { randomNumbers } from "./random-groups.js";
import { isKnown, same } from "./trap-departures.js";
import {
  type Body,
  describeOutcome,
  type Group,
  type Outcome,
  plainGroups,
  type Sweep,
  systemWord,
} from "./trap-sweep.js";

/** A walk as a sweep: each group is a part of the walk, with its own slice of the bodies. */
export interface Walk extends Sweep {
  /** The register that a body reads or writes. */
  readonly registers: readonly string[];
}

/** Registers that aren't written, with why. */
const unwritten: Readonly<Record<string, string>> = {
  VBAR_EL1: "the harness's vectors",
  VBAR_EL2: "the harness's vectors",
  VBAR_EL3: "the harness's vectors",
  VBAR_EL12: "the harness's vectors",
  ELR_EL3: "where the harness returns to",
  RMR_EL3: "resets the PE",
  ICC_AP1R0_EL1: "QEMU ignores Non-secure state's writes, not only of what is Secure state's",
  SCXTNUM_EL0: "QEMU traps EL0's writes while E2H and TGE are 1",
  CNTVOFF_EL2: "QEMU 7.2 hangs when it and a CVAL overflow",
};

/** What a write of these leaves depends on the time. */
const timed = /^CNT\w+_TVAL_\w+$/;

/** Registers that one of the machines lacks, or that QEMU doesn't keep: trap-departures.ts and test/cpu/qemu-registers.test.ts say why. */
const absent =
  /^(OSDTR[RT]X|OSECCR|DBGPRCR|DBGCLAIM(SET|CLR)|DBGAUTHSTATUS|DBGDTR(RX)?|MDCCINT|ERRSELR|ERX\w+)_EL[01]$|^(DACR32|IFSR32|FPEXC32)_EL2$/;

/** Bits that aren't changed, because the walk would end there or go on with other levels than it thinks. */
const kept: Readonly<Record<string, bigint>> = {
  // M; EE and E0E, which this machine hasn't.
  SCTLR: 0x0300_0001n,
  // VM, DC; TGE, RW, E2H belong to the level.
  HCR_EL2: 0x4_8800_1001n,
  // NS belongs to the level. RW: AArch32; EEL2, NSE and GPF make other levels.
  SCR_EL3: (1n << 62n) | (1n << 48n) | (1n << 18n) | 0x401n,
  // MDE and SS: programs of their own.
  MDSCR_EL1: 0x8001n,
  // RES0 bits of these are no part of what QEMU compares with the least value, or takes for a number.
  ICC_BPR0_EL1: ~7n,
  ICC_BPR1_EL1: ~7n,
  ICC_EOIR0_EL1: ~31n,
  ICC_EOIR1_EL1: ~31n,
  ICC_DIR_EL1: ~31n,
  // VGrp0DIE: QEMU looks at Group 1's enable.
  ICH_HCR_EL2: 0x20n,
  // Counters stand still: E, and EL2's HPME.
  PMCR_EL0: 1n,
  MDCR_EL2: 0x80n,
};

const keptOf = (name: string): bigint => (/^SCTLR/.test(name) ? kept.SCTLR! : (kept[name] ?? 0n));

/** Values that move by themselves or say which machine this is. */
const unread =
  /^(CNT(PCT|VCT)_EL0|CNT\w+_TVAL_\w+|ISR_EL1|RVBAR_\w+|ID_\w+|MVFR\w+|S3_0_C0\w+|MPIDR_EL1|CCSIDR_EL1|L2CTLR_EL1)$/;

/** Bits that QEMU shows wrongly: EOImode_EL1S and CBPR_EL1S, as Non-secure state's. */
const misread: Readonly<Record<string, bigint>> = { ICC_CTLR_EL3: 9n };

function random64(random: () => number): bigint {
  const value = (BigInt(random()) << 32n) | BigInt(random());
  switch (random() % 6) {
    case 0:
      return 1n << (value & 63n);
    case 1:
      return BigInt.asUintN(64, ~(1n << (value & 63n)));
    case 2:
      return value & BigInt.asUintN(64, value >> 7n);
    case 3:
      return value & 0xffff_ffffn;
    default:
      return value;
  }
}

/** `steps` accesses at each level, `rounds` times. */
export function registerWalk(core: string, seed: number, steps: number, rounds = 1): Walk {
  const random = randomNumbers(seed);
  const features = new Set([...cores.get(core)!.features, "EL2", "EL3"]);
  const there = systemRegisters.filter(
    ({ name, feature, crn }) => featureHolds(feature, features) && crn !== 15 && crn !== 11 && !absent.test(name),
  );
  const bodies: Body[] = [];
  const registers: string[] = [];
  const groups: Group[] = [];
  for (let round = 0; round < rounds; round++)
    for (const { level, overrides: plain, name: levelName } of plainGroups(core)) {
      // EA, and AMO, IMO, FMO: which of physical and virtual registers a name means.
      const routing = random();
      const turn = (register: string, bits: number): bigint => (plain.get(register) as bigint) ^ BigInt(routing & bits);
      const overrides = new Map(plain).set("SCR_EL3", turn("SCR_EL3", 8)).set("HCR_EL2", turn("HCR_EL2", 0x38));
      const name = `${levelName}, routing ${(routing & 0x38).toString(16)}`;
      const first = bodies.length;
      const access = (entry: SystemRegister, x0?: bigint): void => {
        const read = x0 === undefined;
        bodies.push({
          name: `${read ? "mrs" : "msr"} ${entry.name}`,
          word: systemWord(entry.encoding, read),
          x0: x0 ?? 0n,
        });
        registers.push(entry.name);
      };
      // Names in _EL12 and _EL02 are there with E2H; QEMU has them without too.
      const reachable = there.filter(
        ({ read, write, alias }) => Math.min(read, write) <= level.el && (alias === undefined || level.e2h),
      );
      while (bodies.length - first < steps) {
        const entry = reachable[random() % reachable.length]!;
        // The register that the name means at this level, whose bits have to be kept.
        const meant = systemRegister(
          entry.alias ?? (level.e2h && level.el === 2 ? (entry.e2h ?? entry.name) : entry.name),
        );
        if (
          random() % 3 !== 0 &&
          !(entry.name in unwritten) &&
          !(meant.name in unwritten) &&
          !timed.test(entry.name) &&
          entry.write < 4
        ) {
          const keep = keptOf(meant.name);
          const before = overrides.get(meant.name) ?? 0n;
          access(entry, (random64(random) & ~keep) | (typeof before === "bigint" ? before & keep : 0n));
        }
        if (entry.read < 4) access(entry);
      }
      groups.push({ name, level, overrides, slice: { first, count: bodies.length - first } });
    }
  return { core, bodies, groups, registers };
}

/** Bits of a register that are compared: those of its fields that the core has. */
function comparedBits(name: string, features: ReadonlySet<string>, everything: boolean): bigint {
  const named = systemRegister(name);
  const entry = named.alias === undefined ? named : systemRegister(named.alias);
  if (unread.test(entry.name) || entry.reset === "core") return 0n;
  if (everything) return 0xffff_ffff_ffff_ffffn;
  let mask = 0n;
  for (const field of entry.fields)
    if (featureHolds(field.feature, features) && !field.readOnly)
      mask |= ((1n << BigInt(field.high - field.low + 1)) - 1n) << BigInt(field.low);
  return mask & ~(misread[entry.name] ?? 0n);
}

/** Differences, one line for each register and kind of access; the first one found is shown. */
export function compareWalks(walk: Walk, ours: Outcome[][], theirs: Outcome[][], everything = false): string[] {
  const features = new Set([...cores.get(walk.core)!.features, "EL2", "EL3"]);
  const found = new Map<string, { line: string; count: number }>();
  walk.groups.forEach(({ name, slice }, g) => {
    for (let n = 0; n < slice!.count; n++) {
      const at = slice!.first + n;
      const body = walk.bodies[at]!;
      const [mine, qemus] = [ours[g]![n]!, theirs[g]![n]!];
      const isRead = body.name.startsWith("mrs");
      const mask = isRead ? comparedBits(walk.registers[at]!, features, everything) : 0n;
      if (same(mask, mine, qemus) || isKnown(body.name, name, mine, qemus)) continue;
      const before = walk.bodies[at - 1];
      const written =
        isRead && before?.name === body.name.replace("mrs", "msr") ? ` after ${before.x0!.toString(16)}` : "";
      const line = `${name}, step ${n}, ${body.name}${written}: ${describeOutcome(mine)}; QEMU ${describeOutcome(qemus)}`;
      const known = found.get(body.name);
      if (known === undefined) found.set(body.name, { line, count: 1 });
      else known.count++;
    }
  });
  return [...found.values()].map(({ line, count }) => `${line} (${count})`);
}
