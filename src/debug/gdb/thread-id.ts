/** Threads of the protocol: PE n is thread n + 1 of process 1, as QEMU numbers them. */

/** A thread id: a PE, any of them, or all. */
export type ThreadId = number | "any" | "all";

/** The one process. */
const processNumber = 1;

/** Reads `p1.2`, `2`, `-1`, `0`, `p1.-1`; undefined for what isn't a PE of `count`. */
export function parseThreadId(text: string, count: number): ThreadId | undefined {
  const match = /^(?:p(-1|[0-9a-f]+)(?:\.(?=.)|$))?(-1|[0-9a-f]+)?$/i.exec(text);
  if (!match) return undefined;
  const [, inProcess, thread] = match;
  if (inProcess !== undefined && inProcess !== "-1" && Number.parseInt(inProcess, 16) > processNumber) return undefined;
  if (thread === undefined || thread === "-1")
    return inProcess === undefined && thread === undefined ? undefined : "all";
  const number = Number.parseInt(thread, 16);
  if (number === 0) return "any";
  return number <= count ? number - 1 : undefined;
}

/** A PE's thread id; `multiprocess`: with the process. */
export function threadId(pe: number, multiprocess: boolean): string {
  const thread = (pe + 1).toString(16).padStart(2, "0");
  return multiprocess ? `p${processNumber.toString(16).padStart(2, "0")}.${thread}` : thread;
}
