import { CfiFlash } from "../devices/index.js";
import type { BlockBackend, Log } from "../ports/index.js";
import type { Engine } from "./engine.js";
import { LoadError } from "./loaders/image.js";
import { flashGeometry, memoryMap } from "./memory-map.js";

/** What the two banks of flash hold at power-on. */
export interface FlashContents {
  /** Firmware that is put at the start of the first bank at each reset, and kept nowhere (`-bios`). */
  readonly firmware?: Uint8Array;
  /** Images of whole banks, which take what the guest writes. */
  readonly banks: readonly (BlockBackend | undefined)[];
}

/** Bytes of linear memory that {@link FlashBanks} needs. */
export const flashMemorySize: number = memoryMap.flash.size;

const names = ["flash0", "flash1"] as const;

/** Throws LoadError, with one sentence, for contents that the banks can't hold. */
export function checkFlash({ firmware, banks }: FlashContents): void {
  const { size } = flashGeometry;
  if (firmware && banks[0]) throw new LoadError("the first bank of flash can't have both an image and a firmware file");
  if (firmware?.length === 0) throw new LoadError("the firmware file is empty");
  if (firmware && firmware.length > size)
    throw new LoadError(`the firmware is ${firmware.length} bytes; the first bank of flash has ${size}`);
  banks.forEach((bank, unit) => {
    if (bank && bank.size !== size)
      throw new LoadError(`the image of flash bank ${unit} is ${bank.size} bytes; it must have ${size}`);
  });
}

/**
 * The board's two banks of CFI flash: memory that is read and executed in place while a bank is in array mode. With EL3 the
 * first bank is for Secure accesses alone.
 */
export class FlashBanks {
  readonly #contents: FlashContents;
  readonly #banks: readonly { readonly device: CfiFlash; readonly array: Uint8Array }[];
  /** Banks whose array isn't all zeros. */
  readonly #used = new Set<string>();

  constructor(engine: Engine, contents: FlashContents, secure: boolean, log: Log) {
    const { size } = flashGeometry;
    this.#contents = contents;
    this.#banks = names.map((name, unit) => {
      const base = memoryMap.flash.base + unit * size;
      const host = engine.boardMemory + unit * size;
      const array = engine.memory.u8.subarray(host, host + size);
      const backend = contents.banks[unit];
      const device = new CfiFlash(name, {
        geometry: flashGeometry,
        array,
        ...(backend ? { backend } : {}),
        log,
        onArrayMode: (arrayMode) => {
          if (range.direct === arrayMode) return;
          range.direct = arrayMode;
          engine.mappingChanged();
        },
        onChange: (offset, length) => {
          this.#used.add(name);
          engine.memoryWritten(base + offset, length);
        },
      });
      const range = {
        name,
        base,
        size,
        host,
        direct: true,
        writes: device,
        ...(secure && unit === 0 ? { secureOnly: true } : {}),
      };
      engine.physical.addRam(range);
      if (backend) {
        backend.read(0, array);
        this.#used.add(name);
      }
      return { device, array };
    });
    this.#loadFirmware();
  }

  /** Whether a part of the machine's state is a bank that has never held anything: a hash can leave it out. */
  isUnused(name: string): boolean {
    return (names as readonly string[]).includes(name) && !this.#used.has(name);
  }

  /** The array was written at a physical address, past the device. */
  written(address: number): void {
    const name = names[Math.floor((address - memoryMap.flash.base) / flashGeometry.size)];
    if (name !== undefined) this.#used.add(name);
  }

  reset(): void {
    for (const { device } of this.#banks) device.reset();
    this.#loadFirmware();
  }

  #loadFirmware(): void {
    const { firmware } = this.#contents;
    if (!firmware) return;
    this.#banks[0]!.array.set(firmware);
    this.#used.add(names[0]);
  }
}
