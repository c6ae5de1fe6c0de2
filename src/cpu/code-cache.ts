import { type ProfiledPage, unexecuted } from "../code-library/code-profile.js";
import type { PageOfWords } from "../code-library/region-library.js";
import type { MachineCalls } from "../interpreter/machine-calls.js";
import type { OperationNumbers } from "../interpreter/operations.js";
import {
  pageEndOperation,
  RecordLayout,
  recordPageSize,
  recordsPerPage,
  undecodedOperation,
} from "../interpreter/record.js";
import type { InstructionTable } from "../isa/table.js";
import type { Instruction } from "../isa/template.js";
import { undefinedInstruction } from "../isa/undefined.js";
import type { CodePages } from "./code-pages.js";
import type { LinearMemory } from "./linear-memory.js";
import type { PhysicalMemory } from "./physical-memory.js";

/** What must follow when code pages change: by the engine, which knows TLBs and regions. */
export interface CodeCacheOwner {
  /** A page became code: write tags for it must go. */
  becameCode(page: number): void;
  /** A page is no longer code: execute tags that lead to its records must go, and regions made from it. */
  droppedCode(page: number, records: number): void;
  /**
   * Words that were decoded, or that a region may lie over, have changed: regions made from them must go. Bytes from `start` up
   * to `end`. Whether there were such regions.
   */
  changedCode(page: number, start: number, end: number): boolean;
  /** Everything was dropped. */
  droppedAll(): void;
}

/** Writes that hit no instruction after which a page is taken for data again. */
const dataWritesToForget = 32;

const decodedBits = 16;
const decodedEntries = 1 << decodedBits;
const decodedRowBits = 8;
const decodedRows = 1 << decodedRowBits;

/** Page numbers that {@link CodeCache.isCode}'s filter tells apart: those of 4 GiB. */
const filterPages = 1 << 20;

interface CodePage {
  readonly page: number;
  readonly records: number;
  /** Virtual address / 4096 of its last fetch. */
  virtualPage: number;
  /** Regions were put over words of it that aren't decoded: writes there are looked at too. */
  covered: boolean;
  /** Writes since the last one that hit a decoded instruction. */
  writes: number;
}

/** Predecoded records of the physical pages that were executed, in a pool of linear memory. */
export class CodeCache implements CodePages {
  private readonly pages = new Map<number, CodePage>();
  /** One bit for the low bits of each code page's number: most questions are about pages that aren't code. */
  private readonly filter = new Int32Array(filterPages / 32);
  /** By slot. */
  private readonly owners: (CodePage | undefined)[] = [];
  private readonly free: number[] = [];
  /** The first of the slots that nothing has been in, all the rest of them. */
  private fresh = 0;
  private readonly view: DataView;
  /** Instructions decoded lately, by a hash of the word. */
  private readonly decodedWords = new Int32Array(decodedEntries);
  /** In rows that are made when they are needed. */
  private readonly decoded: (Instruction | undefined)[][] = new Array(decodedRows);
  /** Physical addresses of words whose records leave with `Exit.breakpoint`. */
  private readonly marks = new Set<number>();
  private mayStart: ((word: number, inPage: number) => boolean) | undefined;

  /** `base`: address of `capacity` * recordPageSize bytes. */
  constructor(
    private readonly memory: LinearMemory,
    private readonly physical: PhysicalMemory,
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
    private readonly numbers: OperationNumbers,
    private readonly owner: CodeCacheOwner,
    private readonly base: number,
    private readonly capacity: number,
    /** The heat of words at which a region compiled ahead may start: the next arrival finds out. */
    private readonly expectant: number,
  ) {
    this.view = memory.view;
  }

  isCode(page: number): boolean {
    const bit = page % filterPages;
    return (this.filter[bit >> 5]! & (1 << (bit & 31))) !== 0 && this.pages.has(page);
  }

  /** Whether a page can become code without all others being forgotten. */
  get hasRoom(): boolean {
    return this.free.length !== 0 || this.fresh < this.capacity;
  }

  records(page: number, virtualPage: number): number {
    const known = this.pages.get(page);
    if (known !== undefined) {
      known.virtualPage = virtualPage;
      return known.records;
    }
    if (this.free.length === 0 && this.fresh === this.capacity) this.dropAll();
    const slot = this.free.pop() ?? this.fresh++;
    const records = this.base + slot * recordPageSize;
    this.memory.u8.fill(0, records, records + recordPageSize);
    this.view.setUint16(records + (recordsPerPage - 1) * RecordLayout.size, pageEndOperation, true);
    const entry = { page, records, virtualPage, covered: false, writes: 0 };
    this.pages.set(page, entry);
    const bit = page % filterPages;
    this.filter[bit >> 5]! |= 1 << (bit & 31);
    this.owners[slot] = entry;
    this.owner.becameCode(page);
    this.expectRegions(entry);
    return records;
  }

  /** `mayStart`: whether a region that was compiled ahead may start with a word at so many bytes from the start of a page. */
  expects(mayStart: ((word: number, inPage: number) => boolean) | undefined): void {
    this.mayStart = mayStart;
  }

  private expectRegions({ page, records }: CodePage): void {
    const { mayStart } = this;
    if (mayStart === undefined) return;
    const words = this.words(page);
    if (words === undefined) return;
    const { memory, start } = words;
    for (let i = 0; i < recordsPerPage - 1; i++) {
      if (mayStart(memory[start + i]!, i * 4))
        this.memory.u16[(records + i * RecordLayout.size + RecordLayout.heat) >> 1] = this.expectant;
    }
  }

  /** How often control arrived by a branch at the instruction of a record. */
  arrivals(record: number): number {
    const heat = this.memory.u16[(record + RecordLayout.heat) >> 1]!;
    return heat === this.expectant ? 0 : heat;
  }

  /** A region lies over words of these pages that may not be decoded. */
  cover(page: number): void {
    const entry = this.pages.get(page);
    if (entry !== undefined) entry.covered = true;
  }

  /** Places where control arrived at least `leastHeat` times, and where no region that was compiled ahead may start. */
  warmPlaces(leastHeat: number): number {
    let warm = 0;
    for (const { page, records } of this.pages.values()) {
      for (let i = 0; i < recordsPerPage - 1; i++) {
        const warmHere = this.arrivals(records + i * RecordLayout.size) >= leastHeat;
        if (warmHere && !(this.mayStart?.(this.word(page * 4096 + i * 4) ?? 0, i * 4) ?? false)) warm++;
      }
    }
    return warm;
  }

  /** Every page of code: what was executed, and how often control arrived there. `cover`: marks the words that regions lie over. */
  profile(cover: (page: number, words: Uint8Array) => void): ProfiledPage[] {
    const profiled: ProfiledPage[] = [];
    const covered = new Uint8Array(recordsPerPage - 1);
    for (const { page, records, virtualPage } of this.pages.values()) {
      const words = this.words(page);
      if (words === undefined) continue;
      covered.fill(0);
      cover(page, covered);
      const heat = new Uint16Array(recordsPerPage - 1);
      for (let i = 0; i < heat.length; i++) {
        const record = records + i * RecordLayout.size;
        const executed = this.memory.u16[record >> 1] !== undecodedOperation || covered[i] !== 0;
        heat[i] = executed ? Math.min(this.arrivals(record), unexecuted - 1) : unexecuted;
      }
      profiled.push({ page, virtualPage, words: words.memory.slice(words.start, words.start + 1024), heat });
    }
    return profiled;
  }

  /** Forgets all code. */
  dropAll(): void {
    this.pages.clear();
    this.filter.fill(0);
    this.free.length = 0;
    this.owners.length = 0;
    this.fresh = 0;
    this.owner.droppedAll();
  }

  private drop(entry: CodePage): void {
    this.pages.delete(entry.page);
    const slot = (entry.records - this.base) / recordPageSize;
    this.owners[slot] = undefined;
    this.free.push(slot);
    this.owner.droppedCode(entry.page, entry.records);
  }

  written(physicalAddress: number, size: number): void {
    const end = physicalAddress + size;
    for (let at = physicalAddress; at < end; ) {
      const page = Math.floor(at / 4096);
      const pageEnd = Math.min(end, (page + 1) * 4096);
      const entry = this.pages.get(page);
      if (entry !== undefined) this.writtenInPage(entry, at % 4096, pageEnd - page * 4096);
      at = pageEnd;
    }
  }

  private writtenInPage(entry: CodePage, start: number, end: number): void {
    if (end - start >= 4096) {
      this.drop(entry);
      return;
    }
    let hit = false;
    for (let word = start >> 2; word << 2 < end; word++) {
      const record = entry.records + word * RecordLayout.size;
      if (this.memory.u16[record >> 1] === 0) continue;
      this.memory.i32[record >> 2] = 0;
      hit = true;
    }
    if (hit || entry.covered) hit = this.owner.changedCode(entry.page, start, end) || hit;
    if (hit) entry.writes = 0;
    else if (++entry.writes >= dataWritesToForget) this.drop(entry);
  }

  /** A debugger wants to know when the word at a physical address is to be executed: no region may cover it. */
  mark(physicalAddress: number): void {
    if (this.marks.has(physicalAddress)) return;
    this.marks.add(physicalAddress);
    const page = Math.floor(physicalAddress / 4096);
    this.forget(physicalAddress);
    this.owner.changedCode(page, physicalAddress % 4096, (physicalAddress % 4096) + 4);
  }

  /** Takes all marks away, with the regions that had to go round them. */
  unmarkAll(): void {
    const marks = [...this.marks];
    this.marks.clear();
    for (const address of marks) {
      this.forget(address);
      this.owner.changedCode(Math.floor(address / 4096), 0, 4096);
    }
  }

  /** Whether a physical range, from `start` up to `end`, has a mark. */
  isMarked(start: number, end = start + 4): boolean {
    for (const address of this.marks) if (start <= address && address < end) return true;
    return false;
  }

  /** Runs `action` with the record at `record` as if its word weren't marked. */
  unmarked<T>(record: number, action: () => T): T {
    const address = this.physicalAddress(record);
    this.marks.delete(address);
    this.forget(address);
    try {
      return action();
    } finally {
      this.marks.add(address);
      this.forget(address);
    }
  }

  /** The word at a physical address is to be decoded anew. */
  private forget(physicalAddress: number): void {
    const record = this.recordOf(physicalAddress);
    if (record !== undefined) this.memory.i32[record >> 2] = 0;
  }

  /** Physical address of the instruction that a record stands for. */
  physicalAddress(record: number): number {
    const slot = Math.floor((record - this.base) / recordPageSize);
    const index = (record - this.base - slot * recordPageSize) / RecordLayout.size;
    return this.owners[slot]!.page * 4096 + index * 4;
  }

  /** Address of the record of the instruction at a physical address, if its page is code. */
  recordOf(physicalAddress: number): number | undefined {
    const entry = this.pages.get(Math.floor(physicalAddress / 4096));
    return entry === undefined ? undefined : entry.records + ((physicalAddress % 4096) >> 2) * RecordLayout.size;
  }

  /** The word at a physical address; undefined where no memory can be read directly. */
  word(physicalAddress: number): number | undefined {
    const host = this.physical.hostAddress(physicalAddress, 4, true);
    return host < 0 ? undefined : this.memory.i32[host >>> 2];
  }

  /** The instruction words of a physical page; undefined where no memory can be read directly. */
  words(page: number): PageOfWords | undefined {
    const host = this.physical.hostAddress(page * 4096, 4096, true);
    return host < 0 ? undefined : { memory: this.memory.i32, start: host >>> 2 };
  }

  /** Decodes `word` for this machine's cores; undefined when UNDEFINED. */
  instruction(word: number): Instruction | undefined {
    const entry = (Math.imul(word, 0x9e37_79b1) >>> (32 - decodedBits)) & (decodedEntries - 1);
    const row = (this.decoded[entry & (decodedRows - 1)] ??= new Array(decodedEntries / decodedRows));
    const known = row[entry >> decodedRowBits];
    if (known !== undefined && this.decodedWords[entry] === word) return known;
    const found = this.table.decode(word, this.features);
    this.decodedWords[entry] = word;
    row[entry >> decodedRowBits] = found;
    return found;
  }

  /** Decodes the instruction of a record and fills it; gives its operation number. */
  decode(record: number, calls: MachineCalls): number {
    const address = this.physicalAddress(record);
    if (this.marks.size !== 0 && this.marks.has(address)) {
      const { breakpoint } = this.numbers;
      this.memory.u16[(record + RecordLayout.operation) >> 1] = breakpoint;
      return breakpoint;
    }
    const word = this.word(address) ?? 0;
    const instruction = this.instruction(word) ?? undefinedInstruction(word);
    return this.numbers.writeRecord(this.memory, record, instruction, calls);
  }
}
