/** Where exceptions go: the instructions and faults that make them, and the settings that route them. */
import { type Body, bit, controls, type Group, type Level, plainGroups } from "./trap-sweep.js";

/** An address at which nothing answers. */
const nothing = 0x0b00_0000n;

/** One body for each class of exception. */
export const routedBodies: readonly Body[] = [
  { name: "nop", word: 0xd503201f },
  { name: "svc #1", word: 0xd4000021 },
  { name: "hvc #1", word: 0xd4000022 },
  { name: "smc #1", word: 0xd4000023 },
  { name: "brk #1", word: 0xd4200020 },
  { name: "udf #0", word: 0 },
  { name: "hlt #1", word: 0xd4400020 },
  { name: "fmov d0, x0", word: 0x9e670000 },
  { name: "ldr x1, [x0], nothing there", word: 0xf9400001, x0: nothing },
  { name: "str x1, [x0], nothing there", word: 0xf9000001, x0: nothing },
  { name: "br x0, nothing there", word: 0xd61f0000, x0: nothing },
  { name: "br x0, unaligned", word: 0xd61f0000, x0: 0x4020_0002n },
  { name: "mrs x0, esr_el1", word: 0xd5385200 },
  { name: "mrs x0, ctr_el0", word: 0xd53b0020 },
  { name: "mrs x0, hcr_el2", word: 0xd53c1100 },
  { name: "mrs x0, scr_el3", word: 0xd53e1100 },
  { name: "ldxr x1, [x0]", word: 0xc85f7c01, address: true },
  { name: "ldr x1, [x0]", word: 0xf9400001, address: true },
  { name: "str x1, [x0, #8]", word: 0xf9000401, address: true },
  { name: "ldrb w1, [x0, #7]", word: 0x39401c01, address: true },
  { name: "stp x1, x2, [x0]", word: 0xa9000801, address: true },
  { name: "msr daifclr, #8", word: 0xd50348ff },
  { name: "msr spsel, #0", word: 0xd50040bf },
];

/** Bits that route exceptions or that meet with routing. */
const routing: readonly (readonly [register: string, n: number])[] = [
  ...[3, 7, 8].map((n) => ["SCR_EL3", n] as const),
  ...[3, 4, 5, 17, 18, 19, 26, 29, 30, 36, 37].map((n) => ["HCR_EL2", n] as const),
  ...[8, 9].map((n) => ["MDCR_EL2", n] as const),
  ...[9, 16].map((n) => ["MDCR_EL3", n] as const),
  ["CPTR_EL2", 10],
  ["CPTR_EL2", 21],
  ["CPTR_EL3", 10],
  ["CPACR_EL1", 20],
  ["CPACR_EL1", 21],
  ["SCTLR_EL1", 15],
  ["SCTLR_EL2", 15],
];

/** What a control register holds at a level when nothing is trapped. */
function before(level: Level, overrides: ReadonlyMap<string, bigint | string>, register: string): bigint {
  const own = overrides.get(register);
  if (typeof own === "bigint") return own;
  const control = controls[register]!;
  return level.e2h && control.e2h !== undefined ? control.e2h : control.value;
}

/** Every two of the routing bits turned over, at every level. */
export function pairGroups(core: string): Group[] {
  const found: Group[] = [];
  for (const { name, level, overrides } of plainGroups(core))
    routing.forEach((first, n) => {
      for (const second of routing.slice(n + 1)) {
        const changed = new Map(overrides);
        for (const [register, at] of [first, second]) changed.set(register, before(level, changed, register) ^ bit(at));
        // SCR_EL3.SMD makes SMC UNDEFINED; the handlers leave by CPTR_EL3.TCPAC then.
        if (((changed.get("SCR_EL3") as bigint) & bit(7)) !== 0n)
          changed.set("CPTR_EL3", before(level, changed, "CPTR_EL3") | bit(31));
        const label = [first, second].map(([register, at]) => `${register}[${at}]`).join(", ");
        found.push({ name: `${name}, ${label}`, level, overrides: changed });
      }
    });
  return found;
}

/** PSTATE as a body starts, and what SCTLR_ELx makes of it in the handler. Not M[4]: QEMU has cores with AArch32. */
export function pstateGroups(core: string): Group[] {
  const pstates: Readonly<Record<string, number>> = {
    none: 0,
    NZCV: 0xf000_0000,
    IL: 1 << 20,
    SS: 1 << 21,
    PAN: 1 << 22,
    UAO: 1 << 23,
    DIT: 1 << 24,
    TCO: 1 << 25,
    SSBS: 1 << 12,
    BTYPE: 3 << 10,
    D: 1 << 9,
    A: 1 << 8,
    I: 1 << 7,
    F: 1 << 6,
    SP: 1,
    "M[1]": 2,
  };
  const found: Group[] = [];
  for (const { name, level, overrides } of plainGroups(core)) {
    for (const [field, pstate] of Object.entries(pstates))
      for (const n of [-1, 23, 44]) {
        const changed = new Map(overrides);
        if (n >= 0)
          for (const register of ["SCTLR_EL1", "SCTLR_EL2"])
            changed.set(register, before(level, changed, register) ^ bit(n));
        // EL0 has one stack pointer: with M[0] it is an illegal return, which another row tries.
        found.push({
          name: `${name}, PSTATE.${field}${n < 0 ? "" : `, SCTLR[${n}]`}`,
          level,
          overrides: changed,
          pstate,
        });
      }
  }
  return found;
}

/** Where debug exceptions may go and what masks them. */
function debugRouting(core: string): { name: string; group: Group; mdscr: bigint }[] {
  const found: { name: string; group: Group; mdscr: bigint }[] = [];
  for (const { name, level, overrides } of plainGroups(core))
    for (const tde of [0n, 1n])
      for (const kde of [0n, 1n])
        for (const masked of [false, true])
          for (const sdd of level.secure || level.el === 3 ? [0n, 1n] : [0n]) {
            const changed: Map<string, bigint | string> = new Map(overrides);
            changed.set("MDCR_EL2", 6n | (tde << 8n));
            changed.set("MDCR_EL3", sdd << 16n);
            const label = `${name}, TDE=${tde} KDE=${kde} D=${+masked}${sdd ? " SDD" : ""}`;
            const pstate = masked ? 0 : 1 << 9;
            found.push({ name: label, group: { name: label, level, overrides: changed, pstate }, mdscr: kde << 13n });
          }
  return found;
}

/** Software Step: PSTATE.SS set and clear, at every level and to every level. */
export function stepGroups(core: string): Group[] {
  return debugRouting(core).flatMap(({ name, group, mdscr }) =>
    [0, 1 << 21].map((ss) => ({
      ...group,
      name: `${name}, ${ss ? "SS" : "no SS"}`,
      overrides: new Map(group.overrides).set("MDSCR_EL1", mdscr | 1n),
      pstate: group.pstate! | ss,
    })),
  );
}

/** A breakpoint on the first body, or a watchpoint on memory, with each way to choose levels. */
function pointGroups(core: string, kind: "B" | "W", control: bigint, value: string): Group[] {
  return debugRouting(core).flatMap(({ name, group, mdscr }) => {
    const found: Group[] = [];
    for (let choice = 0; choice < 32; choice++) {
      const [pmc, hmc, ssc] = [choice & 3, (choice >> 2) & 1, choice >> 3].map(BigInt) as [bigint, bigint, bigint];
      // The other combinations are reserved (table "Breakpoint HMC, SSC, and PMC encodings").
      const allocated =
        hmc === 0n
          ? ssc !== 3n && pmc !== 0n
          : ssc === 3n
            ? pmc === 0n
            : (pmc & 1n) !== 0n || (ssc === 2n && pmc === 0n);
      if (!allocated) continue;
      const overrides = new Map(group.overrides);
      overrides.set("MDSCR_EL1", mdscr | bit(15));
      overrides.set(`DBG${kind}VR0_EL1`, value);
      overrides.set(`DBG${kind}CR0_EL1`, control | 1n | (pmc << 1n) | (hmc << 13n) | (ssc << 14n));
      found.push({ ...group, name: `${name}, PMC=${pmc} HMC=${hmc} SSC=${ssc}`, overrides });
    }
    return found;
  });
}

export const breakpointGroups = (core: string): Group[] => pointGroups(core, "B", 0x1e0n, "body_code");
/** Watches eight bytes, for loads and stores. */
export const watchpointGroups = (core: string): Group[] => pointGroups(core, "W", 0x1ff8n, "target");

/** Bodies that the debug groups need: the first has the breakpoint. */
export const steppedBodies: readonly Body[] = routedBodies.filter(({ name }) => !/nothing there|unaligned/.test(name));
export const watchedBodies: readonly Body[] = [
  ...routedBodies.filter(({ address }) => address),
  { name: "str w1, [x0, #4]", word: 0xb9000401, address: true },
  { name: "ldtr x1, [x0]", word: 0xf8400801, address: true },
  { name: "sttr x1, [x0]", word: 0xf8000801, address: true },
  { name: "stxr w1, x2, [x0]", word: 0xc8017c02, address: true },
  { name: "ldp x1, x2, [x0]", word: 0xa9400801, address: true },
  { name: "dc civac, x0", word: 0xd50b7e20, address: true },
];
