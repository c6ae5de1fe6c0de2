import type { MachineCalls } from "../interpreter/machine-calls.js";
import type { OperationNumbers } from "../interpreter/operations.js";
import { pageEndOperation, RecordLayout, recordPageSize, recordsPerPage } from "../interpreter/record.js";
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
  /** Words that were decoded have changed: regions made from them must go. Bytes from `start` up to `end`. */
  changedCode(page: number, start: number, end: number): void;
  /** Everything was dropped. */
  droppedAll(): void;
}

/** Writes that hit no instruction after which a page is taken for data again. */
const dataWritesToForget = 32;

const decodedBits = 16;
const decodedEntries = 1 << decodedBits;

/** Page numbers that {@link CodeCache.isCode}'s filter tells apart: those of 4 GiB. */
const filterPages = 1 << 20;

interface CodePage {
  readonly page: number;
  readonly records: number;
  /** Writes since the last one that hit a decoded instruction. */
  writes: number;
}

/** Predecoded records of the physical pages that were executed, in a pool of linear memory. */
export class CodeCache implements CodePages {
  private readonly pages = new Map<number, CodePage>();
  /** One bit for the low bits of each code page's number: most questions are about pages that aren't code. */
  private readonly filter = new Int32Array(filterPages / 32);
  private readonly owners: (CodePage | undefined)[];
  private readonly free: number[] = [];
  private readonly view: DataView;
  /** Instructions decoded lately, by a hash of the word. */
  private readonly decodedWords = new Int32Array(decodedEntries);
  private readonly decoded: (Instruction | undefined)[] = new Array(decodedEntries);
  /** Physical addresses of words whose records leave with `Exit.breakpoint`. */
  private readonly marks = new Set<number>();

  /** `base`: address of `capacity` * recordPageSize bytes. */
  constructor(
    private readonly memory: LinearMemory,
    private readonly physical: PhysicalMemory,
    private readonly table: InstructionTable,
    private readonly features: ReadonlySet<string>,
    private readonly numbers: OperationNumbers,
    private readonly owner: CodeCacheOwner,
    private readonly base: number,
    capacity: number,
  ) {
    this.view = memory.view;
    this.owners = new Array(capacity);
    for (let i = capacity - 1; i >= 0; i--) this.free.push(i);
  }

  isCode(page: number): boolean {
    const bit = page % filterPages;
    return (this.filter[bit >> 5]! & (1 << (bit & 31))) !== 0 && this.pages.has(page);
  }

  records(page: number): number {
    const known = this.pages.get(page);
    if (known !== undefined) return known.records;
    if (this.free.length === 0) this.dropAll();
    const slot = this.free.pop()!;
    const records = this.base + slot * recordPageSize;
    this.memory.u8.fill(0, records, records + recordPageSize);
    this.view.setUint16(records + (recordsPerPage - 1) * RecordLayout.size, pageEndOperation, true);
    const entry = { page, records, writes: 0 };
    this.pages.set(page, entry);
    const bit = page % filterPages;
    this.filter[bit >> 5]! |= 1 << (bit & 31);
    this.owners[slot] = entry;
    this.owner.becameCode(page);
    return records;
  }

  /** Forgets all code. */
  dropAll(): void {
    this.pages.clear();
    this.filter.fill(0);
    this.free.length = 0;
    for (let i = this.owners.length - 1; i >= 0; i--) {
      this.owners[i] = undefined;
      this.free.push(i);
    }
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
    if (hit) {
      entry.writes = 0;
      this.owner.changedCode(entry.page, start, end);
    } else if (++entry.writes >= dataWritesToForget) this.drop(entry);
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

  isMarked(physicalAddress: number): boolean {
    return this.marks.size !== 0 && this.marks.has(physicalAddress);
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

  /** Decodes `word` for this machine's cores; undefined when UNDEFINED. */
  instruction(word: number): Instruction | undefined {
    const entry = (Math.imul(word, 0x9e37_79b1) >>> (32 - decodedBits)) & (decodedEntries - 1);
    const known = this.decoded[entry];
    if (known !== undefined && this.decodedWords[entry] === word) return known;
    const found = this.table.decode(word, this.features);
    this.decodedWords[entry] = word;
    this.decoded[entry] = found;
    return found;
  }

  /** Decodes the instruction of a record and fills it; gives its operation number. */
  decode(record: number, calls: MachineCalls): number {
    const address = this.physicalAddress(record);
    if (this.isMarked(address)) {
      const { breakpoint } = this.numbers;
      this.memory.u16[(record + RecordLayout.operation) >> 1] = breakpoint;
      return breakpoint;
    }
    const word = this.word(address) ?? 0;
    const instruction = this.instruction(word) ?? undefinedInstruction(word);
    return this.numbers.writeRecord(this.memory, record, instruction, calls);
  }
}
