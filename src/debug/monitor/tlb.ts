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

/** Pages in a row that are translated alike. */
interface Run {
  readonly start: bigint;
  pages: number;
  readonly permissions: string;
  /** The physical address, or undefined when the bytes aren't those of RAM. */
  readonly physical: number | undefined;
  /** Bytes that one descriptor maps. */
  readonly mapping: number;
}

const pageSize = 4096;

/** The page's physical address, from where its bytes are in linear memory. */
function physicalOf(pe: ProcessingElement, host: number): number | undefined {
  const range = pe.physical.ram.find((ram) => host >= ram.host && host < ram.host + ram.size);
  return range && range.base + host - range.host;
}

/** True when `next` follows `run`, which then covers it. */
function joins(run: Run, next: Run): boolean {
  const size = run.pages * pageSize;
  if (next.start !== run.start + BigInt(size)) return false;
  if (next.permissions !== run.permissions || next.mapping !== run.mapping) return false;
  return run.physical === undefined ? next.physical === undefined : next.physical === run.physical + size;
}

/** By address, with neighbours made one. */
function joined(pages: readonly Run[]): Run[] {
  const runs: Run[] = [];
  for (const page of pages.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = runs.at(-1);
    if (last !== undefined && joins(last, page)) last.pages++;
    else runs.push(page);
  }
  return runs;
}

/** The translations that a PE's TLBs hold, by context; neighbours are shown as one. */
export function describeTlbs(pe: ProcessingElement): string {
  const { tlbs } = pe;
  const { i32 } = pe.memory;
  const lines: string[] = [];
  for (let context = 0; context < tlbs.count; context++) {
    if (tlbs.key(context) === -1) continue;
    const pages: Run[] = [];
    for (let set = 0; set < tlbEntries; set++) {
      const word = (tlbs.tlb(context) + set * TlbEntry.size) >> 2;
      const tagAt = (kind: number): bigint =>
        (BigInt(i32[word + kind + 1]! >>> 0) << 32n) | BigInt(i32[word + kind]! >>> 0);
      const tags = [TlbEntry.read, TlbEntry.write, TlbEntry.execute].map((offset) => tagAt(offset >> 2));
      const page = tags.find((tag) => (tag & 0xfffn) === 0n);
      if (page === undefined) continue;
      const permissions = tags.map((tag, n) => (tag === page ? "rwx"[n] : "-")).join("");
      const host = (Number(page & 0xffff_ffffn) + i32[word + TlbEntry.addend / 4]!) >>> 0;
      const mapping = 2 ** tlbs.blockShift(context, set);
      pages.push({ start: page, pages: 1, permissions, physical: physicalOf(pe, host), mapping });
    }
    if (pages.length === 0) continue;
    lines.push(`${describeKey(pe, context)}${context === tlbs.current ? " (current)" : ""}:`);
    for (const { start, pages: count, permissions, physical, mapping } of joined(pages)) {
      const end = hex64(start + BigInt(count * pageSize - 1));
      const to = physical === undefined ? "?" : hex(physical);
      lines.push(`  ${hex64(start)}-${end} ${permissions} -> ${to}, mapped by ${sizeText(mapping)}`);
    }
  }
  return lines.length === 0 ? "the TLB is empty" : lines.join("\n");
}
