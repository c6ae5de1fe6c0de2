import { PeState, TlbEntry, tlbEntries } from "../ir/index.js";
import type { LinearMemory } from "./linear-memory.js";

/** Address of the record of the instruction `offset` bytes from the pc of the PE at `base`, if its page is in the execute TLB. */
export function recordNearPc({ i32 }: LinearMemory, base: number, offset = 0): number | undefined {
  const low = i32[(base + PeState.pc) >> 2]!;
  const high = i32[(base + PeState.pc + 4) >> 2]!;
  const sum = (low >>> 0) + offset;
  const newLow = sum | 0;
  const newHigh = (high + Math.floor(sum / 0x1_0000_0000)) | 0;
  const tlb = i32[(base + PeState.tlb) >> 2]!;
  const entry = (tlb + ((newLow >>> 12) & (tlbEntries - 1)) * TlbEntry.size) >> 2;
  if (i32[entry + TlbEntry.execute / 4] !== (newLow & ~0xfff)) return undefined;
  if (i32[entry + TlbEntry.execute / 4 + 1] !== newHigh) return undefined;
  return i32[entry + TlbEntry.records / 4]! + ((newLow & 0xffc) << 2);
}
