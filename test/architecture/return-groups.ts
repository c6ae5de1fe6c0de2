/** Exception returns with random SPSRs, and virtual interrupts and SErrors under random controls. */
import { randomNumbers } from "./random-groups.js";
import { type Body, bit, controls, type Group, hasVhe, type Level, levels } from "./trap-sweep.js";

/** Two instructions after which an exception return may go on, and the return itself. */
export const returnBodies: readonly Body[] = [
  { name: "nop", word: 0xd503201f },
  { name: "eret", word: 0xd69f03e0 },
];

/** Bodies that show what is pending, and what becomes of it. */
export const pendingBodies: readonly Body[] = [
  { name: "nop", word: 0xd503201f },
  { name: "isb", word: 0xd5033fdf },
  { name: "mrs x0, isr_el1", word: 0xd538c100 },
  { name: "esb", word: 0xd503221f },
  { name: "mrs x0, isr_el1, again", word: 0xd538c100 },
  { name: "mrs x0, disr_el1", word: 0xd538c120 },
  { name: "msr daifclr, #4", word: 0xd50344ff },
  { name: "msr daifclr, #3", word: 0xd50343ff },
  { name: "svc #0", word: 0xd4000001 },
  { name: "wfe", word: 0xd503205f },
  { name: "mrs x0, vdisr_el2", word: 0xd53cc120 },
  { name: "mrs x0, hcr_el2", word: 0xd53c1100 },
];

const sctlr = controls.SCTLR_EL1!.value;
const interruptMasks = 0x3c0n;

function subset(random: () => number, ...bits: number[]): bigint {
  const chosen = random();
  return bits.reduce((value, n, at) => ((chosen >>> at) & 1 ? value | bit(n) : value), 0n);
}

const levelOf = (el: 0 | 1 | 2 | 3, secure: boolean): Level =>
  levels.find((l) => l.el === el && !!l.secure === secure)!;

/** Fields of SPSR_ELx that a core has. M is apart. */
function spsrBits(core: string): number[] {
  const common = [31, 30, 29, 28, 21, 20, 9, 8, 7, 6];
  if (core === "neoverse-n1") return [...common, 23, 22, 12];
  return core === "max" ? [...common, 24, 23, 22, 12, 11, 10] : common;
}

/**
 * Returns from EL1, EL2 and EL3. M[4] says AArch32, which QEMU's cores have: it is set only where they have no such mode.
 * SPSR.BTYPE: no page is guarded while stage 1 is off.
 */
export function returnGroups(core: string, seed: number, count: number): Group[] {
  const random = randomNumbers(seed);
  const one = (values: readonly number[]): number => values[random() % values.length]!;
  return Array.from({ length: count }, (_, n) => {
    const from = one([1, 2, 3]) as 1 | 2 | 3;
    const secure = from !== 2 && random() % 4 === 0;
    const level = levelOf(from, secure && from === 1);
    const scr = (controls.SCR_EL3!.value & ~9n) | (secure ? 0n : 1n);
    let hcr = controls.HCR_EL2!.value | subset(random, 27) | (hasVhe(core) ? subset(random, 34) : 0n);
    // Nothing can be at EL1 with TGE.
    if (from === 1 && !secure) hcr &= ~bit(27);
    const modes = hasVhe(core) ? 32 : 16;
    const mode = random() % 3 === 0 ? random() % modes : one([0, 4, 5, 8, 9, 12, 13]);
    const target = BigInt(mode === 16 ? 0 : mode);
    const spsr = subset(random, ...spsrBits(core).filter((b) => b !== 20 && b !== 21)) | target;
    // While stepping, only what one exception ends.
    const stepping = random() % 3 === 0;
    const value = spsr | (random() % 4 === 0 ? bit(20) : 0n) | (random() % 2 === 0 ? bit(21) : 0n);
    const address = ["body_code", "body_code + 2", "body_code + 0x5500000000000000", "body_code + 0x0080000000000000"];
    const elr = address[!stepping && random() % 3 === 0 ? random() % address.length : 0]!;
    const overrides = new Map<string, bigint | string>([
      ["SCR_EL3", scr],
      ["HCR_EL2", hcr],
      ["MDSCR_EL1", stepping ? 1n | subset(random, 13) : 0n],
      ["MDCR_EL2", 6n | subset(random, 8)],
      ["MDCR_EL3", subset(random, 16)],
      ["SCTLR_EL1", sctlr ^ subset(random, 23, ...(core === "cortex-a53" || core === "cortex-a57" ? [] : [44]))],
      ["SCTLR_EL2", sctlr ^ subset(random, 23, ...(core === "cortex-a53" || core === "cortex-a57" ? [] : [44]))],
      ["OSLAR_EL1", 0n],
    ]);
    const name = `return ${n} from EL${from}, SCR ${scr.toString(16)} HCR ${hcr.toString(16)} SPSR ${value.toString(16)} to ${elr}`;
    if (from === 3) {
      // The harness's own return is the one that is tried.
      return { name, level, overrides, pstate: Number(value ^ 0x3cdn), slice: { first: 0, count: 1 } };
    }
    overrides.set(`SPSR_EL${from}`, value);
    overrides.set(`ELR_EL${from}`, elr);
    const masks = Number(subset(random, 9, 8, 7, 6));
    return { name, level, overrides, pstate: masks, slice: { first: 1, count: 1 } };
  });
}

/** Virtual IRQs, FIQs and SErrors pending, at every level, masked or not; EL3 takes SErrors or not. */
export function pendingGroups(core: string, seed: number, count: number): Group[] {
  const random = randomNumbers(seed);
  const there = levels.filter(({ e2h }) => !e2h || hasVhe(core));
  return Array.from({ length: count }, (_, n) => {
    const level = there[n % there.length]!;
    const scr = (controls.SCR_EL3!.value & ~(level.secure ? 1n : 0n)) ^ subset(random, 1, 2, 3);
    const hcr =
      controls.HCR_EL2!.value |
      subset(random, 3, 4, 5, 6, 7, 8) |
      (level.e2h ? bit(34) : 0n) |
      (level.tge ? bit(27) : 0n);
    const overrides = new Map<string, bigint | string>([
      ["SCR_EL3", scr],
      ["HCR_EL2", hcr],
    ]);
    if (level.e2h) overrides.set("CPTR_EL2", controls.CPTR_EL2!.e2h!);
    if (core !== "cortex-a53" && core !== "cortex-a57") {
      overrides.set("VSESR_EL2", BigInt(random() & 0x1ff_ffff));
      overrides.set("VDISR_EL2", 0n);
      overrides.set("DISR_EL1", BigInt(random() & 0xff));
    }
    const pstate = Number(subset(random, 8, 7, 6) & interruptMasks);
    return {
      name: `${level.name}, SCR ${scr.toString(16)} HCR ${hcr.toString(16)}, unmasked ${pstate.toString(16)}`,
      level,
      overrides,
      pstate,
      slice: { first: 0, count: pendingBodies.length },
    };
  });
}
