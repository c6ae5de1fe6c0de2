import type { Executor } from "./executor.js";
import { type Case, codeSlot, copyState, differences } from "./machine-state.js";

/** Numbers of the cases that two executors disagree on, with what differs. */
export function disagreements(
  cases: readonly Case[],
  a: Executor,
  b: Executor,
  accepted: (c: Case) => boolean = () => false,
): { index: number; differences: string[] }[] {
  const [x, y] = [a.run(cases), b.run(cases)];
  return cases.flatMap((c, index) => {
    const found = differences(x[index]!, y[index]!);
    return found.length > 0 && !accepted(c) ? [{ index, differences: found }] : [];
  });
}

/** Makes a case that two executors disagree on as small as it gets: fewer instructions, more zeros. */
export function shrink(failing: Case, a: Executor, b: Executor, accepted?: (c: Case) => boolean): Case {
  let best = failing;
  for (let round = 0; round < 100; round++) {
    const candidates = simpler(best).map((c, i) => ({ ...c, state: { ...c.state, pc: codeSlot(i) } }));
    const [still] = disagreements(candidates, a, b, accepted);
    if (still === undefined) return best;
    best = candidates[still.index]!;
  }
  return best;
}

/** Cases one step simpler than `c`, boldest first. */
function simpler(c: Case): Case[] {
  const list: Case[] = [];
  const add = (change: (state: Case["state"]) => boolean): void => {
    const state = copyState(c.state);
    if (change(state)) list.push({ state, code: c.code });
  };
  for (let size = c.code.length >> 1; size >= 1; size >>= 1) {
    for (let i = 0; i + size <= c.code.length && c.code.length > size; i += size) {
      list.push({ state: c.state, code: [...c.code.slice(0, i), ...c.code.slice(i + size)] });
    }
  }
  add((s) => s.data.some((x) => x !== 0) && s.data.fill(0).length > 0);
  add((s) => s.x.subarray(0, 31).some((x) => x !== 0n) && s.x.subarray(0, 31).fill(0n).length > 0);
  add((s) => s.v.some((x) => x !== 0n) && s.v.fill(0n).length > 0);
  for (const name of ["fpcr", "fpsr", "nzcv"] as const) {
    add((s) => {
      const was = s[name];
      s[name] = 0;
      return was !== 0;
    });
    for (let bit = 1; bit <= c.state[name]; bit *= 2) {
      add((s) => {
        const was = s[name];
        s[name] = Number(BigInt(was) & ~BigInt(bit));
        return was !== s[name] && s[name] !== 0;
      });
    }
  }
  for (const name of ["x", "v"] as const) {
    for (let i = 0; i < c.state[name].length; i++) {
      add((s) => {
        const was = s[name][i];
        s[name][i] = 0n;
        return was !== 0n;
      });
    }
  }
  return list;
}
