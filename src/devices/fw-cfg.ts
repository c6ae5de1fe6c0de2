import type { Dma, Log, MmioDevice } from "../ports/index.js";

/** Selector keys of docs/specs/fw_cfg in QEMU. */
export const FW_CFG_KEY = {
  SIGNATURE: 0x00,
  ID: 0x01,
  UUID: 0x02,
  NO_GRAPHIC: 0x04,
  PROCESSORS: 0x05,
  KERNEL_SIZE: 0x08,
  INITRD_SIZE: 0x0b,
  BOOT_MENU: 0x0e,
  KERNEL_DATA: 0x11,
  INITRD_DATA: 0x12,
  COMMAND_LINE_SIZE: 0x14,
  COMMAND_LINE_DATA: 0x15,
  FILE_DIR: 0x19,
  FILE_FIRST: 0x20,
} as const;

/** Offsets of the MMIO form, `virt`'s: data, selector, DMA address. */
const DATA = 0;
const SELECTOR = 8;
const DMA_HIGH = 16;
const DMA_LOW = 20;

/** Bits of FWCfgDmaAccess.control. */
const CONTROL = { ERROR: 1, READ: 2, SKIP: 4, SELECT: 8, WRITE: 16 } as const;

/** ID item: bit 0 the traditional interface, bit 1 DMA. */
const FEATURES = 3;
/** What reading the DMA address register gives. */
const DMA_SIGNATURE = new TextEncoder().encode("QEMU CFG");
const KEY_MASK = 0x3fff;
const NAME_BYTES = 56;
const CHUNK = 64 * 1024;

export interface FwCfgState {
  key: number;
  /** Byte of the selected item that comes next. */
  position: number;
  dmaHigh: number;
}

export interface FwCfgOptions {
  readonly dma: Dma;
  readonly log: Log;
  /** Items with fixed keys, beyond signature, id and directory, which the device makes itself. */
  readonly items?: ReadonlyMap<number, Uint8Array>;
  /** Named files; they get keys from 0x20 in the order of their names. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/**
 * QEMU's firmware configuration device in its MMIO form (docs/specs/fw_cfg). Items are read-only. Selector and DMA
 * registers are big-endian; the data register gives bytes in memory order whatever the width of the access.
 */
export class FwCfg implements MmioDevice {
  readonly name = "fwcfg";
  readonly size = 0x18;
  state: FwCfgState = { key: 0, position: 0, dmaHigh: 0 };
  readonly #dma: Dma;
  readonly #log: Log;
  readonly #items: Map<number, Uint8Array>;

  constructor(options: FwCfgOptions) {
    this.#dma = options.dma;
    this.#log = options.log;
    this.#items = new Map(options.items ?? []);
    this.#items.set(FW_CFG_KEY.SIGNATURE, new TextEncoder().encode("QEMU"));
    this.#items.set(FW_CFG_KEY.ID, Uint8Array.of(FEATURES, 0, 0, 0));
    const files = [...(options.files ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    files.forEach(([, bytes], index) => {
      this.#items.set(FW_CFG_KEY.FILE_FIRST + index, bytes);
    });
    this.#items.set(FW_CFG_KEY.FILE_DIR, directory(files));
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (offset < DATA + 8) return littleEndian(this.#next(size));
    if (offset >= DMA_HIGH) return littleEndian(DMA_SIGNATURE.subarray(offset - DMA_HIGH, offset - DMA_HIGH + size));
    this.#complain("read of the selector");
    return 0;
  }

  read64(offset: number): bigint {
    return BigInt(this.read(offset, 4)) | (BigInt(this.read(offset + 4, 4)) << 32n);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === SELECTOR && size === 2) this.#select(((value & 0xff) << 8) | (value >> 8));
    else if (offset === DMA_HIGH && size === 4) this.state.dmaHigh = swap32(value);
    else if (offset === DMA_LOW && size === 4) this.#transfer(this.state.dmaHigh * 2 ** 32 + swap32(value));
    else this.#complain(`${size}-byte write at offset 0x${offset.toString(16)}`);
  }

  write64(offset: number, value: bigint): void {
    this.write(offset, 4, Number(value & 0xffffffffn));
    this.write(offset + 4, 4, Number(value >> 32n));
  }

  reset(): void {
    this.state = { key: 0, position: 0, dmaHigh: 0 };
  }

  save(): FwCfgState {
    return { ...this.state };
  }

  restore(state: FwCfgState): void {
    this.state = { ...state };
  }

  #select(key: number): void {
    this.state.key = key & KEY_MASK;
    this.state.position = 0;
    if (!this.#items.has(this.state.key))
      this.#complain(`selection of item 0x${key.toString(16)}, which does not exist`);
  }

  /** The next bytes of the selected item, zeros after its end. */
  #next(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    const item = this.#items.get(this.state.key);
    if (item) {
      bytes.set(item.subarray(this.state.position, this.state.position + count));
      this.state.position = Math.min(item.length, this.state.position + count);
    }
    return bytes;
  }

  /** Carries out the FWCfgDmaAccess at `address` and stores 0, or the error bit, as its control word. */
  #transfer(address: number): void {
    this.state.dmaHigh = 0;
    const access = new Uint8Array(16);
    const view = new DataView(access.buffer);
    if (!this.#dma.read(address, access)) {
      this.#complain(`a DMA descriptor outside RAM at 0x${address.toString(16)}`);
      return;
    }
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const target = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
    if (control & CONTROL.SELECT) this.#select(control >>> 16);
    let failed = false;
    if (control & CONTROL.READ) failed = !this.#copyOut(target, length);
    else if (control & CONTROL.WRITE) {
      this.#complain("a DMA write: no item can be written");
      failed = length > 0;
    } else if (control & CONTROL.SKIP) {
      const item = this.#items.get(this.state.key);
      this.state.position = Math.min(item?.length ?? 0, this.state.position + length);
    }
    view.setUint32(0, failed ? CONTROL.ERROR : 0);
    this.#dma.write(address, access.subarray(0, 4));
  }

  #copyOut(target: number, length: number): boolean {
    for (let at = 0; at < length; at += CHUNK) {
      if (!this.#dma.write(target + at, this.#next(Math.min(CHUNK, length - at)))) {
        this.#complain(`a DMA buffer outside RAM at 0x${(target + at).toString(16)}`);
        return false;
      }
    }
    return true;
  }

  #complain(text: string): void {
    if (this.#log.enabled("guest")) this.#log.write("guest", `fw_cfg: ${text}`);
  }
}

/** FWCfgFiles: a count, then for each file its size, key and name, big-endian. */
function directory(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(4 + files.length * (8 + NAME_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, files.length);
  files.forEach(([name, contents], index) => {
    const encoded = new TextEncoder().encode(name);
    if (encoded.length >= NAME_BYTES)
      throw new Error(`the fw_cfg file name "${name}" is longer than ${NAME_BYTES - 1} bytes`);
    const at = 4 + index * (8 + NAME_BYTES);
    view.setUint32(at, contents.length);
    view.setUint16(at + 4, FW_CFG_KEY.FILE_FIRST + index);
    bytes.set(encoded, at + 8);
  });
  return bytes;
}

function littleEndian(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
  return value;
}

function swap32(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
