import type { ProcessingElement } from "../../cpu/processing-element.js";
import { ContextKey } from "../../cpu/tlb-contexts.js";
import { TlbEntry, tlbEntries } from "../../cpu/tlb-layout.js";
import { hex, hex64 } from "./command.js";
import { sizeText } from "./translation.js";

const regimes = ["EL1&0", "EL2", "EL2&0", "EL3"] as const;

/** Whose translations a context holds. */
function describeKey(pe: ProcessingElement, context: number): string {
  const key = pe.tlbs.key(context);
  const regime = key & ContextKey.regimeMask;
  const words = [regimes[regime]!, (key & ContextKey.privileged) !== 0 ? "privileged" : "unprivileged"];
  if (pe.haveEl3) words.push((key & ContextKey.secure) !== 0 ? "Secure" : "Non-secure");
  const stages = [(key & ContextKey.stage1) !== 0 && "1", (key & ContextKey.stage2) !== 0 && "2"].filter(Boolean);
  words.push(stages.length === 0 ? "no stage on" : `stage ${stages.join(" and ")} on`);
  if ((key & ContextKey.pan) !== 0) words.push("PAN");
  if ((key & ContextKey.stage1) !== 0 && (regime === 0 || regime === 2))
    words.push(`ASID ${key >>> ContextKey.asidShift}`);
  if (regime === 0 && pe.haveEl2) words.push(`VMID ${pe.tlbs.vmid(context)}`);
  return words.join(", ");
}

/** The page's physical address, from where its bytes are in linear memory. */
function physicalOf(pe: ProcessingElement, host: number): string {
  const range = pe.physical.ram.find((ram) => host >= ram.host && host < ram.host + ram.size);
  return range === undefined ? "?" : hex(range.base + host - range.host);
}

/** The translations that a PE's TLBs hold, by context. */
export function describeTlbs(pe: ProcessingElement): string {
  const { tlbs } = pe;
  const { i32 } = pe.memory;
  const lines: string[] = [];
  for (let context = 0; context < tlbs.count; context++) {
    if (tlbs.key(context) === -1) continue;
    lines.push(`${describeKey(pe, context)}${context === tlbs.current ? " (current)" : ""}:`);
    for (let set = 0; set < tlbEntries; set++) {
      const word = (tlbs.tlb(context) + set * TlbEntry.size) >> 2;
      const tagAt = (kind: number): bigint =>
        (BigInt(i32[word + kind + 1]! >>> 0) << 32n) | BigInt(i32[word + kind]! >>> 0);
      const tags = [TlbEntry.read, TlbEntry.write, TlbEntry.execute].map((offset) => tagAt(offset >> 2));
      const page = tags.find((tag) => (tag & 0xfffn) === 0n);
      if (page === undefined) continue;
      const permissions = tags.map((tag, n) => (tag === page ? "rwx"[n] : "-")).join("");
      const host = (Number(page & 0xffff_ffffn) + i32[word + TlbEntry.addend / 4]!) >>> 0;
      const size = sizeText(2 ** tlbs.blockShift(context, set));
      lines.push(`  ${hex64(page)} ${permissions} -> ${physicalOf(pe, host)} (of a block of ${size})`);
    }
  }
  return lines.length === 0 ? "the TLB is empty" : lines.join("\n");
}
