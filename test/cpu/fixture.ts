import type { CodePages } from "../../src/cpu/code-pages.js";
import { cores } from "../../src/cpu/cores/cores.js";
import { LinearMemory } from "../../src/cpu/linear-memory.js";
import { PhysicalMemory } from "../../src/cpu/physical-memory.js";
import { ProcessingElement, processingElementSize } from "../../src/cpu/processing-element.js";
import { PeState } from "../../src/cpu/state-layout.js";
import type { Log } from "../../src/ports/index.js";

export const ramBase = 0x4000_0000;
export const ramSize = 8 << 20;
const ramHost = 8 << 20;
const contexts = 4;
export const fixtureBytes = ramHost + ramSize;

export interface FixtureOptions {
  core?: string;
  el2?: boolean;
  el3?: boolean;
  count?: number;
  log?: string[];
  /** At least {@link fixtureBytes} of memory. */
  buffer?: ArrayBuffer;
}

/** Some PEs with 8 MB of RAM at 0x4000_0000 and no engine: tests play the part of generated code. */
export class Fixture {
  readonly memory: LinearMemory;
  readonly physical: PhysicalMemory;
  readonly pes: ProcessingElement[] = [];
  readonly codePageNumbers = new Set<number>();
  readonly written: { address: number; size: number }[] = [];
  retired = 0;

  constructor(options: FixtureOptions = {}) {
    this.memory = new LinearMemory(options.buffer ?? new ArrayBuffer(fixtureBytes));
    const log: Log = {
      enabled: () => options.log !== undefined,
      write: (channel, text) => options.log?.push(`${channel}: ${text}`),
    };
    this.physical = new PhysicalMemory(this.memory, log);
    this.physical.addRam({ name: "ram", base: ramBase, size: ramSize, host: ramHost, direct: true });
    const codePages: CodePages = {
      isCode: (page) => this.codePageNumbers.has(page),
      written: (address, size) => this.written.push({ address, size }),
      records: (page) => {
        this.codePageNumbers.add(page);
        return page * 16;
      },
    };
    for (let index = 0; index < (options.count ?? 1); index++) {
      const base = index * processingElementSize(contexts);
      this.pes.push(
        new ProcessingElement({
          index,
          core: cores.get(options.core ?? "cortex-a57")!,
          haveEl2: options.el2 ?? false,
          haveEl3: options.el3 ?? false,
          memory: this.memory,
          base,
          contextsBase: base + PeState.size,
          contexts,
          physical: this.physical,
          codePages,
          counter: { retired: () => this.retired },
          log,
          peers: this.pes,
          resetAddress: BigInt(ramBase),
        }),
      );
    }
  }

  get pe(): ProcessingElement {
    return this.pes[0]!;
  }

  /** Writes a doubleword of RAM. */
  poke(address: number, value: bigint): void {
    this.memory.view.setBigUint64(ramHost + address - ramBase, value, true);
  }

  peek(address: number): bigint {
    return this.memory.view.getBigUint64(ramHost + address - ramBase, true);
  }

  /** Where a RAM address is in linear memory. */
  host(address: number): number {
    return ramHost + address - ramBase;
  }
}
