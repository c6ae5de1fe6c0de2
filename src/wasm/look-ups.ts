import { jumpCacheEntries, jumpCacheEntrySize, PeState, TlbEntry, tlbEntries } from "../ir/index.js";
import { type Code, op } from "./code.js";

/** Pushes the address of the entry that the address which `address` pushes has in the TLB whose own `tlb` pushes; see tlb-layout.ts. */
export function pushTlbEntry(code: Code, address: () => void, tlb: () => void): void {
  address();
  code
    .u8(op.i64Const)
    .s64(12 - Math.log2(TlbEntry.size))
    .u8(op.i64ShrU)
    .u8(op.i32WrapI64);
  code
    .u8(op.i32Const)
    .s32((tlbEntries - 1) * TlbEntry.size)
    .u8(op.i32And);
  tlb();
  code.u8(op.i32Add);
}

/** Pushes the address of the entry that a pc has in the jump cache of the PE in local `pe`; the local `low` has its low half. */
export function pushJumpCacheEntry(code: Code, pe: number, low: number): void {
  // As jumpCacheOffset works it out.
  code.u8(op.localGet).u32(low);
  code.u8(op.localGet).u32(low).u8(op.i32Const).s32(10).u8(op.i32ShrU).u8(op.i32Xor);
  code.u8(op.i32Const).s32(2).u8(op.i32Shl);
  code
    .u8(op.i32Const)
    .s32((jumpCacheEntries - 1) * jumpCacheEntrySize)
    .u8(op.i32And);
  code.u8(op.localGet).u32(pe).u8(op.i32Load).u8(2).u32(PeState.jumpCache).u8(op.i32Add);
}
