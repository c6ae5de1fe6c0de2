import { PeState, TlbEntry, type Type } from "../ir/index.js";
import { Code, op, voidBlock } from "../wasm/code.js";
import { pushJumpCacheEntry, pushTlbEntry } from "../wasm/look-ups.js";
import { Exit } from "./exit.js";

/**
 * Where generated code finds compiled regions by the record of their first instruction, and so by physical address. There is an
 * i32 for each record: the slot of a region that starts there, or 0. What a region needs to be where it is, is in a
 * {@link RegionLink} for each slot.
 */
export interface RegionIndexLayout {
  /** What PeState.regionHeads is. */
  readonly heads: number;
  /** Address of the links, and how many there are. */
  readonly links: number;
  readonly linkCount: number;
}

/** Bytes of the i32s for so many bytes of records. */
export function headsSize(recordsSize: number): number {
  return recordsSize / 4;
}

/** Address of the i32 for a record, as generated code works it out. */
export function headOf({ heads }: RegionIndexLayout, record: number): number {
  return heads + (record >>> 2);
}

/** Pages besides the first that a link has room for. */
export const linkPages = 6;

/** What is known of a region by its slot. */
export const RegionLink = {
  /** i32: slot of another region with the same first record, for other mappings; 0: there is none. */
  next: 0,
  /** i32: number of pages besides the first. */
  pages: 4,
  /** Pairs of i32: pages from the first one on (signed), and the address of the records that must be there. */
  page: 8,
  pageSize: 8,
  size: 64,
} as const;

/**
 * (pe) to exit code: the jump cache doesn't know pc. Runs the region that starts there, if one is compiled that fits the current
 * mapping, and enters it in the jump cache; `Exit.hot` if not. `regions`: the table; `type`: of its functions.
 */
export function arrival(regions: number, type: number): { types: Type[]; code: Code } {
  const c = new Code(256);
  const [pe, entry, slot, link, left, page, pc, address] = [0, 1, 2, 3, 4, 5, 6, 7];
  const types: Type[] = ["i32", "i32", "i32", "i32", "i32", "i64", "i64"];
  const get = (local: number): Code => c.u8(op.localGet).u32(local);
  const set = (local: number): Code => c.u8(op.localSet).u32(local);
  const tee = (local: number): Code => c.u8(op.localTee).u32(local);
  const k32 = (v: number): Code => c.u8(op.i32Const).s32(v);
  const k64 = (v: number): Code => c.u8(op.i64Const).s64(v);
  const notHere = (): void => {
    c.u8(op.if).u8(voidBlock);
    k32(Exit.hot).u8(op.return).u8(op.end);
  };
  /** Pushes the address of the TLB entry of an i64 address in a local. */
  const tlbEntry = (local: number): void =>
    pushTlbEntry(
      c,
      () => get(local),
      () => get(pe).u8(op.i32Load).u8(2).u32(PeState.tlb),
    );
  get(pe).u8(op.i32Load).u8(2).u32(PeState.regionLinks).u8(op.i32Eqz);
  notHere();
  get(pe).u8(op.i64Load).u8(3).u32(PeState.pc);
  set(pc);
  tlbEntry(pc);
  tee(entry).u8(op.i64Load).u8(3).u32(TlbEntry.execute);
  get(pc);
  k64(-4093).u8(op.i64And).u8(op.i64Ne); // ~0xffc: a misaligned pc never matches
  notHere();
  get(entry).u8(op.i32Load).u8(2).u32(TlbEntry.records);
  get(pc).u8(op.i32WrapI64);
  k32(0xffc).u8(op.i32And);
  k32(2).u8(op.i32Shl).u8(op.i32Add);
  k32(2).u8(op.i32ShrU);
  get(pe).u8(op.i32Load).u8(2).u32(PeState.regionHeads).u8(op.i32Add).u8(op.i32Load).u8(2).u32(0);
  tee(slot).u8(op.i32Eqz);
  notHere();
  c.u8(op.loop).u8(voidBlock); // candidates
  get(slot);
  k32(RegionLink.size).u8(i32Mul);
  get(pe).u8(op.i32Load).u8(2).u32(PeState.regionLinks).u8(op.i32Add);
  tee(link).u8(op.i32Load).u8(2).u32(RegionLink.pages);
  set(left);
  get(link);
  set(page);
  c.u8(op.block).u8(voidBlock); // fits
  c.u8(op.block).u8(voidBlock); // doesn't fit
  c.u8(op.loop).u8(voidBlock); // pages
  get(left).u8(op.i32Eqz).u8(op.brIf).u32(2);
  get(pc);
  k64(-4096).u8(op.i64And);
  get(page).u8(op.i32Load).u8(2).u32(RegionLink.page);
  c.u8(i64ExtendI32S);
  k64(12).u8(i64Shl).u8(op.i64Add);
  set(address);
  tlbEntry(address);
  tee(entry).u8(op.i64Load).u8(3).u32(TlbEntry.execute);
  get(address).u8(op.i64Ne).u8(op.brIf).u32(1);
  get(entry).u8(op.i32Load).u8(2).u32(TlbEntry.records);
  get(page)
    .u8(op.i32Load)
    .u8(2)
    .u32(RegionLink.page + 4);
  c.u8(op.i32Ne).u8(op.brIf).u32(1);
  get(left);
  k32(1).u8(op.i32Sub);
  set(left);
  get(page);
  k32(RegionLink.pageSize).u8(op.i32Add);
  set(page);
  c.u8(op.br).u32(0).u8(op.end);
  c.u8(op.end); // doesn't fit
  get(link).u8(op.i32Load).u8(2).u32(RegionLink.next);
  tee(slot).u8(op.brIf).u32(1);
  k32(Exit.hot).u8(op.return).u8(op.end); // fits
  get(pc).u8(op.i32WrapI64);
  set(left);
  pushJumpCacheEntry(c, pe, left);
  tee(entry);
  get(pc).u8(op.i64Store).u8(3).u32(0);
  get(entry);
  get(slot).u8(op.i32Store).u8(2).u32(8);
  get(pe);
  k32(0).u8(op.i32Store).u8(2).u32(PeState.btype);
  get(pe);
  get(slot).u8(op.returnCallIndirect).u32(type).u32(regions);
  c.u8(op.end);
  c.u8(op.unreachable).u8(op.end);
  return { types, code: c };
}

const i32Mul = 0x6c;
const i64Shl = 0x86;
const i64ExtendI32S = 0xac;
