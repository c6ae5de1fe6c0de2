/**
 * One translation context's TLB as generated code reads it: direct-mapped, `entries` entries of `entrySize` bytes.
 * An access of `size` bytes at `address` hits entry (address >> 12) & (entries - 1) when the tag for its kind equals
 * (address + size - 1) & ~0xfff; an access that crosses a page so never hits. A tag of `invalidTag` never matches.
 */
export const TlbEntry = {
  /** i64 tags: the page's virtual address, or `invalidTag`. */
  read: 0,
  write: 8,
  execute: 16,
  /** i32: host address of the page minus the low 32 bits of its virtual address, modulo 2^32. */
  addend: 24,
  /** i32: address of the page's predecoded records; meaningful while the execute tag is valid. */
  records: 28,
  size: 32,
} as const;

/** Entries of one TLB; a power of two. */
export const tlbEntries = 4096;
/** Bytes of one TLB. */
export const tlbSize = tlbEntries * TlbEntry.size;
/** Never equal to a page address. */
export const invalidTag = -1n;

/** Entries of one context's jump cache: 16 bytes each, i64 pc and i32 slot of the region that starts there. A power of two. */
export const jumpCacheEntries = 4096;
export const jumpCacheEntrySize = 16;
/** Bytes of one jump cache. All ones is empty: no region starts at an odd address. */
export const jumpCacheSize = jumpCacheEntries * jumpCacheEntrySize;

/** Offset in a jump cache of the entry for a pc, of which the low 32 bits are given. */
export function jumpCacheOffset(pcLow: number): number {
  return ((pcLow ^ (pcLow >>> 10)) << 2) & ((jumpCacheEntries - 1) * jumpCacheEntrySize);
}
