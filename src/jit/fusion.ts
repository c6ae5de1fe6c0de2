import type { FlagsKind, Width } from "../ir/index.js";

/**
 * Where NZCV are, at a point of a region. Flags are not computed when an instruction sets them; their inputs are kept
 * in locals, and who uses them, or leaves the region, works out what it needs. The numbers are what the region's
 * `flagsKind` local holds where paths with different answers meet.
 */
export const FlagsAt = {
  /** In PE state, as four words. */
  memory: 0,
  add64: 1,
  add32: 2,
  sub64: 3,
  sub32: 4,
  logic64: 5,
  logic32: 6,
} as const;
export type FlagsAt = (typeof FlagsAt)[keyof typeof FlagsAt];

/** A kind known only at run time. */
export const dynamicFlags = -1;
export type FlagsState = FlagsAt | typeof dynamicFlags;

export function flagsAt(how: FlagsKind, width: Width): FlagsAt {
  return FlagsAt[`${how}${width}`];
}

export function flagsKind(at: FlagsAt): { readonly how: FlagsKind; readonly wide: boolean } {
  return {
    how: at <= FlagsAt.add32 ? "add" : at <= FlagsAt.sub32 ? "sub" : "logic",
    wide: at === FlagsAt.add64 || at === FlagsAt.sub64 || at === FlagsAt.logic64,
  };
}

/** What two paths agree on. */
export function meetFlags(a: FlagsState, b: FlagsState): FlagsState {
  return a === b ? a : dynamicFlags;
}
