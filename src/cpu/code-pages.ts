/**
 * What the memory side asks of the engine's code cache. A page is named by its number: physical address / 4096.
 * Whoever makes a page one that holds translated code must make the processing elements drop their write tags for it
 * (`TlbContexts.dropWriteTags`); `fetch` does so for the pages that it hands over.
 */
export interface CodePages {
  /** Whether stores into the page must be reported. */
  isCode(page: number): boolean;
  /** `size` bytes at a physical address in a code page are about to change. */
  written(physicalAddress: number, size: number): void;
  /**
   * Linear-memory address of the predecoded records of a page, made when it has none; the page is code from then on.
   * `virtualPage`: where it is fetched, virtual address / 4096 without sign.
   */
  records(page: number, virtualPage: number): number;
}
