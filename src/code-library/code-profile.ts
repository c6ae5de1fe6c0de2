/** What a machine knows of the code that it has executed, for regions to be compiled ahead of its next run. */
export interface CodeProfile {
  readonly pages: readonly ProfiledPage[];
  /** Where BLR went when regions that call there were planned. */
  readonly callees: readonly Callee[];
}

/** A physical page of code. */
export interface ProfiledPage {
  /** Physical address / 4096. */
  readonly page: number;
  /** Virtual address / 4096 at which it was fetched last, as an unsigned number of 52 bits. */
  readonly virtualPage: number;
  /** Its 1024 instruction words. */
  readonly words: Int32Array;
  /** By word: how often control arrived by a taken branch. {@link unexecuted} where nothing was executed. */
  readonly heat: Uint16Array;
}

/** The heat of a word that was never executed. */
export const unexecuted = 0xffff;

export interface Callee {
  /** Physical address of the region's entry. */
  readonly entry: number;
  /** The X register with the target, and how far from the entry it pointed, in bytes. */
  readonly register: number;
  readonly distance: number;
}

const magic = 0x5a43_5031;
const wordsPerPage = 1024;
/** 32-bit words of a page in the file: numbers, then instructions, then two heats in a word. */
const pageSize = 4 + wordsPerPage + wordsPerPage / 2;
const calleeSize = 4;

/** A profile as a file. */
export function encodeProfile({ pages, callees }: CodeProfile): Uint8Array {
  const out = new Int32Array(3 + pages.length * pageSize + callees.length * calleeSize);
  out.set([magic, pages.length, callees.length]);
  let at = 3;
  for (const p of pages) {
    out.set([...split(p.page), ...split(p.virtualPage)], at);
    out.set(p.words, at + 4);
    out.set(new Int32Array(p.heat.slice().buffer), at + 4 + wordsPerPage);
    at += pageSize;
  }
  for (const c of callees) {
    out.set([...split(c.entry), c.register, c.distance], at);
    at += calleeSize;
  }
  return new Uint8Array(out.buffer);
}

/** The profile in a file's bytes. @throws when they aren't one. */
export function decodeProfile(bytes: Uint8Array): CodeProfile {
  const all = new Int32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  const [found, pageCount = 0, calleeCount = 0] = all;
  if (found !== magic || all.length !== 3 + pageCount * pageSize + calleeCount * calleeSize)
    throw new Error("it isn't a code profile, or isn't whole");
  const pages: ProfiledPage[] = [];
  const callees: Callee[] = [];
  let at = 3;
  for (let i = 0; i < pageCount; i++, at += pageSize) {
    const heatAt = (at + 4 + wordsPerPage) * 4;
    pages.push({
      page: joined(all, at),
      virtualPage: joined(all, at + 2),
      words: all.subarray(at + 4, at + 4 + wordsPerPage),
      heat: new Uint16Array(all.buffer, heatAt, wordsPerPage),
    });
  }
  for (let i = 0; i < calleeCount; i++, at += calleeSize)
    callees.push({ entry: joined(all, at), register: all[at + 2]!, distance: all[at + 3]! });
  return { pages, callees };
}

function split(value: number): [number, number] {
  return [value | 0, Math.floor(value / 2 ** 32)];
}

function joined(words: Int32Array, at: number): number {
  return (words[at]! >>> 0) + words[at + 1]! * 2 ** 32;
}
