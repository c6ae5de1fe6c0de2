/** Control registers with random bits turned over: what one control hides of another shows only when several are set. */
import { bit, type Group, levelControls, plainGroups } from "./trap-sweep.js";

/** A generator of 32-bit numbers with a seed (Marsaglia's xorshift). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 0x9e37_79b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** `count` groups, at the levels in turn, each with every control register's bits turned over at random, few or many of them. */
export function randomGroups(core: string, seed: number, count: number): Group[] {
  const random = randomNumbers(seed);
  const plain = plainGroups(core);
  return Array.from({ length: count }, (_, n) => {
    const { level, overrides, name } = plain[n % plain.length]!;
    const changed = new Map(overrides);
    const words = [name];
    const every = [2, 4, 8, 16, 32][random() % 5]!;
    for (const { register, before, flips } of levelControls(level, overrides)) {
      let value = before;
      for (const at of flips)
        if (random() % every === 0) {
          value ^= bit(at);
          words.push(`${register}[${at}]=${(value & bit(at)) !== 0n ? 1 : 0}`);
        }
      changed.set(register, value);
    }
    // SCR_EL3.SMD makes SMC UNDEFINED; the handlers leave by another trap then.
    if (((changed.get("SCR_EL3") as bigint) & bit(7)) !== 0n)
      changed.set("CPTR_EL3", ((changed.get("CPTR_EL3") as bigint | undefined) ?? bit(8)) | bit(31));
    return { name: words.join(", "), level, overrides: changed };
  });
}
