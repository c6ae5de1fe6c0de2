/** A saved {@link InterruptBank}: one array element per 32 interrupts (per interrupt for `priority`). */
export interface SavedInterruptBank {
  enabled: number[];
  latched: number[];
  level: number[];
  active: number[];
  group: number[];
  groupModifier: number[];
  edge: number[];
  nonSecureAccess: number[];
  priority: number[];
}

const wordArrays = [
  "enabled",
  "latched",
  "level",
  "active",
  "group",
  "groupModifier",
  "edge",
  "nonSecureAccess",
] as const satisfies readonly (keyof SavedInterruptBank)[];

/**
 * The state of a run of interrupts, as bitmaps of 32: the SGIs and PPIs of one PE, or all SPIs.
 * Bit `intid & 31` of word `(intid - firstIntid) >> 5` belongs to `intid`.
 */
export class InterruptBank {
  /** The INTID of bit 0 of word 0; a multiple of 32. */
  readonly firstIntid: number;
  readonly words: number;
  readonly enabled: Uint32Array;
  /** Pending state that is remembered: an edge, a message, or a write to ISPENDR. */
  readonly latched: Uint32Array;
  /** The input wires. */
  readonly level: Uint32Array;
  readonly active: Uint32Array;
  readonly group: Uint32Array;
  readonly groupModifier: Uint32Array;
  /** 1: edge-triggered, 0: level-sensitive. */
  readonly edge: Uint32Array;
  /** NSACR: two bits an interrupt, two words per word of the bitmaps. */
  readonly nonSecureAccess: Uint32Array;
  readonly priority: Uint8Array;

  constructor(firstIntid: number, words: number) {
    this.firstIntid = firstIntid;
    this.words = words;
    this.enabled = new Uint32Array(words);
    this.latched = new Uint32Array(words);
    this.level = new Uint32Array(words);
    this.active = new Uint32Array(words);
    this.group = new Uint32Array(words);
    this.groupModifier = new Uint32Array(words);
    this.edge = new Uint32Array(words);
    this.nonSecureAccess = new Uint32Array(words * 2);
    this.priority = new Uint8Array(words * 32);
  }

  /**
   * Interrupts in the pending (or active and pending) state. The wire of a level-sensitive interrupt makes it pending
   * for as long as it is asserted; ISPENDR does so until the interrupt is acknowledged or ICPENDR clears it (IHI 0069, 4.1.2).
   */
  pending(word: number): number {
    return this.latched[word]! | (this.level[word]! & ~this.edge[word]!);
  }

  /** SPIs whose GICD_NSACR field is at least `least` (1 to 3). GICR_NSACR speaks of generating SGIs only, so none here. */
  nonSecureAccessAtLeast(word: number, least: number): number {
    let mask = 0;
    if (this.firstIntid === 0) return 0;
    for (let bit = 0; bit < 32; bit++) {
      const field = (this.nonSecureAccess[word * 2 + (bit >> 4)]! >>> ((bit & 15) * 2)) & 3;
      if (field >= least) mask |= 1 << bit;
    }
    return mask;
  }

  save(): SavedInterruptBank {
    const saved = { priority: Array.from(this.priority) } as SavedInterruptBank;
    for (const name of wordArrays) saved[name] = Array.from(this[name]);
    return saved;
  }

  /** Throws when `saved` was made by a bank of another size. */
  restore(saved: SavedInterruptBank): void {
    for (const name of [...wordArrays, "priority"] as const) {
      if (saved[name]?.length !== this[name].length)
        throw new Error(
          `the saved GIC state holds ${saved[name]?.length ?? 0} words of '${name}', not ${this[name].length}`,
        );
      this[name].set(saved[name]);
    }
  }
}
