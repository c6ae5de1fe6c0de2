import type { Resumption } from "../../board/debug-port.js";
import { parseThreadId } from "./thread-id.js";

/** What a PE is to do, and for range stepping, inside of which addresses it goes on stepping: [start, end). */
export interface ResumeAction {
  readonly how: Resumption;
  readonly range?: readonly [start: bigint, end: bigint];
}

/**
 * Reads the actions of `vCont`, as in `s:p1.1;c`: what each of `count` PEs does. The leftmost action that names a PE counts; PEs
 * that none names stay as they are. Undefined for actions that can't be understood.
 */
export function parseResumption(text: string, count: number): readonly ResumeAction[] | undefined {
  const actions: (ResumeAction | undefined)[] = new Array(count).fill(undefined);
  for (const part of text.split(";")) {
    const match = /^(?:([cst])|([CS])[0-9a-f]{2}|r([0-9a-f]+),([0-9a-f]+))(?::(.*))?$/i.exec(part);
    if (!match) return undefined;
    const [, plain, signalled, start, end, thread] = match;
    const target = thread === undefined ? "all" : parseThreadId(thread, count);
    if (target === undefined) return undefined;
    const letter = (plain ?? signalled ?? "r").toLowerCase();
    const action: ResumeAction = {
      how: letter === "c" ? "continue" : letter === "t" ? "hold" : "step",
      ...(start === undefined ? {} : { range: [BigInt(`0x${start}`), BigInt(`0x${end}`)] as const }),
    };
    for (let pe = 0; pe < count; pe++)
      if (target === "all" || target === "any" || target === pe) actions[pe] ??= action;
  }
  return actions.map((action) => action ?? { how: "hold" });
}
