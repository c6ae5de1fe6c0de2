import type { Alarm, CharacterBackend, Clock, IrqLine, Log, MmioDevice } from "../ports/index.js";
import { ByteQueue } from "./byte-queue.js";
import { identification, PRIMECELL_ID_NAMES, type Register, RegisterBlock } from "./registers.js";

/** UARTFR, DDI 0183 section 3.3.3. */
const FR = { CTS: 1 << 0, DSR: 1 << 1, DCD: 1 << 2, RXFE: 1 << 4, RXFF: 1 << 6, TXFE: 1 << 7, RI: 1 << 8 } as const;
/** UARTLCR_H, section 3.3.7. */
const LCR_H = { BRK: 1 << 0, FEN: 1 << 4 } as const;
/** UARTCR, section 3.3.8. */
const CR = {
  UARTEN: 1 << 0,
  LBE: 1 << 7,
  TXE: 1 << 8,
  DTR: 1 << 10,
  RTS: 1 << 11,
  OUT1: 1 << 12,
  OUT2: 1 << 13,
} as const;
/** Interrupt bits of UARTIMSC, UARTRIS, UARTMIS and UARTICR, section 3.3.10. */
const INT = {
  RI: 1,
  CTS: 2,
  DCD: 4,
  DSR: 8,
  RX: 0x10,
  TX: 0x20,
  RT: 0x40,
  FE: 0x80,
  PE: 0x100,
  BE: 0x200,
  OE: 0x400,
} as const;
/** Error bits beside a character in UARTDR; they are the bits of UARTRSR shifted by 8. */
const DR_BE = 1 << 10;

const FIFO_DEPTH = 16;
/** UARTCLK of the `virt` board. */
const UART_CLOCK_HZ = 24_000_000;
/** Divisor in 64ths (IBRD:FBRD) for 115200 baud, used while the guest has set none. */
const DEFAULT_DIVISOR = (13 << 6) | 1;

/** One-byte arrays, one for each value: output needs no allocation, and backends may keep what they are given. */
const SINGLE_BYTES: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

/** PrimeCell UART registers, DDI 0183 table 3-1. */
// biome-ignore format: one register a line
export const PL011_REGISTERS: readonly Register<PL011>[] = [
  { offset: 0x000, name: "UARTDR", access: "RW", reset: 0, bits: 0xfff, purpose: "Data: a write transmits, a read takes a received character and its errors", read: (u) => u.readData(), write: (u, v) => u.writeData(v & 0xff) },
  { offset: 0x004, name: "UARTRSR/UARTECR", access: "RW", reset: 0, bits: 0xf, purpose: "Errors of the character read last; any write clears them", read: (u) => u.state.rsr, write: (u) => void (u.state.rsr = 0) },
  { offset: 0x018, name: "UARTFR", access: "RO", reset: FR.TXFE | FR.RXFE, bits: 0x1ff, purpose: "Flags", read: (u) => u.flags() },
  { offset: 0x020, name: "UARTILPR", access: "RW", reset: 0, bits: 0xff, purpose: "IrDA low-power counter (kept, no effect)", read: (u) => u.state.ilpr, write: (u, v) => void (u.state.ilpr = v) },
  { offset: 0x024, name: "UARTIBRD", access: "RW", reset: 0, bits: 0xffff, purpose: "Integer baud rate divisor (times the receive timeout)", read: (u) => u.state.ibrd, write: (u, v) => void (u.state.ibrd = v) },
  { offset: 0x028, name: "UARTFBRD", access: "RW", reset: 0, bits: 0x3f, purpose: "Fractional baud rate divisor", read: (u) => u.state.fbrd, write: (u, v) => void (u.state.fbrd = v) },
  { offset: 0x02c, name: "UARTLCR_H", access: "RW", reset: 0, bits: 0xff, purpose: "Line control", read: (u) => u.state.lcrH, write: (u, v) => u.writeLineControl(v) },
  { offset: 0x030, name: "UARTCR", access: "RW", reset: 0x300, bits: 0xff87, purpose: "Control", read: (u) => u.state.cr, write: (u, v) => u.writeControl(v) },
  { offset: 0x034, name: "UARTIFLS", access: "RW", reset: 0x12, bits: 0x3f, purpose: "Interrupt FIFO level select (kept; levels are one character, as in QEMU)", read: (u) => u.state.ifls, write: (u, v) => void (u.state.ifls = v) },
  { offset: 0x038, name: "UARTIMSC", access: "RW", reset: 0, bits: 0x7ff, purpose: "Interrupt mask (1 enables)", read: (u) => u.state.imsc, write: (u, v) => u.writeMask(v) },
  { offset: 0x03c, name: "UARTRIS", access: "RO", reset: 0, bits: 0x7ff, purpose: "Raw interrupt status", read: (u) => u.state.ris },
  { offset: 0x040, name: "UARTMIS", access: "RO", reset: 0, bits: 0x7ff, purpose: "Masked interrupt status", read: (u) => u.state.ris & u.state.imsc },
  { offset: 0x044, name: "UARTICR", access: "WO", reset: 0, bits: 0x7ff, purpose: "Interrupt clear (write 1)", write: (u, v) => u.clearInterrupts(v) },
  { offset: 0x048, name: "UARTDMACR", access: "RW", reset: 0, bits: 0x7, purpose: "DMA control (kept; there is no DMA controller)", read: (u) => u.state.dmacr, write: (u, v) => u.writeDmaControl(v) },
  // Revision r1p4, as QEMU's.
  ...identification(0xfe0, PRIMECELL_ID_NAMES, [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
];

export interface PL011State {
  rsr: number;
  ilpr: number;
  ibrd: number;
  fbrd: number;
  lcrH: number;
  cr: number;
  ifls: number;
  imsc: number;
  ris: number;
  dmacr: number;
  /** Nanoseconds at which the last character came in. */
  receivedAt: number;
}

export interface PL011Snapshot {
  readonly registers: PL011State;
  readonly fifo: readonly number[];
  readonly backlog: Uint8Array;
}

export interface PL011Options {
  readonly irq: IrqLine;
  readonly clock: Clock;
  readonly log: Log;
  readonly backend: CharacterBackend;
}

/**
 * PrimeCell UART (PL011), DDI 0183. Characters transmitted leave at once. Input that finds the FIFO full waits on the
 * host's side, so that nothing is lost and overruns happen in loopback only. As in QEMU, the receive interrupt comes
 * with the first character whatever UARTIFLS says, and characters move even when UARTCR has the UART disabled.
 */
export class PL011 implements MmioDevice {
  readonly name = "pl011";
  readonly size = 0x1000;
  /** Register contents; for the register table and snapshots, not for other devices. */
  state: PL011State = resetState();
  readonly #fifo = new Uint16Array(FIFO_DEPTH);
  #head = 0;
  #count = 0;
  readonly #backlog = new ByteQueue();
  #timeout: Alarm | undefined;
  #warnedDisabled = false;
  readonly #options: PL011Options;
  readonly #registers: RegisterBlock<PL011>;

  constructor(options: PL011Options) {
    this.#options = options;
    this.#registers = new RegisterBlock(this.name, PL011_REGISTERS, options.log);
    options.backend.onInput((bytes) => this.receive(bytes));
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.#registers.read(this, offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#registers.write(this, offset, size, value);
  }

  /** Characters arriving on the line. */
  receive(bytes: Uint8Array): void {
    this.#backlog.push(bytes);
    this.#fill();
  }

  /** Power-on state. Input not yet taken by the guest is kept. */
  reset(): void {
    this.#requeue();
    this.state = resetState();
    this.#timeout?.cancel();
    this.#timeout = undefined;
    this.#warnedDisabled = false;
    this.#update();
    this.#fill();
  }

  save(): PL011Snapshot {
    const fifo = Array.from({ length: this.#count }, (_, i) => this.#fifo[(this.#head + i) % FIFO_DEPTH] ?? 0);
    return { registers: { ...this.state }, fifo, backlog: this.#backlog.toArray() };
  }

  restore(snapshot: PL011Snapshot): void {
    this.state = { ...snapshot.registers };
    this.#head = 0;
    this.#count = 0;
    for (const entry of snapshot.fifo) this.#fifo[this.#count++] = entry;
    this.#backlog.clear();
    this.#backlog.push(snapshot.backlog);
    this.#timeout?.cancel();
    this.#timeout = undefined;
    if (this.#count > 0) this.#watchTimeout();
    this.#update();
  }

  readData(): number {
    if (this.#count === 0) return 0;
    const entry = this.#fifo[this.#head] ?? 0;
    this.#head = (this.#head + 1) % FIFO_DEPTH;
    this.#count--;
    this.state.rsr = entry >> 8;
    if (this.#count === 0) this.state.ris &= ~(INT.RX | INT.RT);
    this.#fill();
    this.#update();
    return entry;
  }

  writeData(byte: number): void {
    const { cr } = this.state;
    if ((cr & (CR.UARTEN | CR.TXE)) !== (CR.UARTEN | CR.TXE) && !this.#warnedDisabled) {
      this.#warnedDisabled = true;
      if (this.#options.log.enabled("guest"))
        this.#options.log.write("guest", "pl011: data written to a UART that UARTCR disables");
    }
    if (cr & CR.LBE) this.#put(byte);
    else this.#options.backend.write(SINGLE_BYTES[byte]!);
    this.state.ris |= INT.TX;
    this.#update();
  }

  flags(): number {
    let flags: number = FR.TXFE;
    if (this.#count === 0) flags |= FR.RXFE;
    if (this.#count === this.#depth()) flags |= FR.RXFF;
    const { cr } = this.state;
    if (cr & CR.LBE) {
      // Section 2.4.4: the modem outputs come back as inputs.
      if (cr & CR.RTS) flags |= FR.CTS;
      if (cr & CR.DTR) flags |= FR.DSR;
      if (cr & CR.OUT1) flags |= FR.DCD;
      if (cr & CR.OUT2) flags |= FR.RI;
    }
    return flags;
  }

  writeLineControl(value: number): void {
    const changed = this.state.lcrH ^ value;
    if (changed & LCR_H.FEN) this.#requeue();
    this.state.lcrH = value;
    if (changed & value & LCR_H.BRK && this.state.cr & CR.LBE) this.#put(DR_BE);
    this.#fill();
    this.#update();
  }

  writeControl(value: number): void {
    const before = this.flags();
    this.state.cr = value;
    const changed = before ^ this.flags();
    if (changed & FR.RI) this.state.ris |= INT.RI;
    if (changed & FR.CTS) this.state.ris |= INT.CTS;
    if (changed & FR.DCD) this.state.ris |= INT.DCD;
    if (changed & FR.DSR) this.state.ris |= INT.DSR;
    this.#update();
  }

  writeMask(value: number): void {
    this.state.imsc = value;
    this.#update();
  }

  clearInterrupts(value: number): void {
    this.state.ris &= ~value;
    this.#update();
  }

  writeDmaControl(value: number): void {
    this.state.dmacr = value;
    if (value & 3 && this.#options.log.enabled("unimp"))
      this.#options.log.write("unimp", "pl011: DMA requests lead nowhere on this board");
  }

  #depth(): number {
    return this.state.lcrH & LCR_H.FEN ? FIFO_DEPTH : 1;
  }

  /** Moves waiting input into the FIFO. */
  #fill(): void {
    if (this.#backlog.length === 0) return;
    const depth = this.#depth();
    while (this.#count < depth && this.#backlog.length > 0) this.#put(this.#backlog.shift());
    this.#update();
  }

  /** A character with its error bits arrives in the FIFO. */
  #put(entry: number): void {
    if (this.#count === this.#depth()) {
      this.state.ris |= INT.OE;
      this.state.rsr |= 8;
      return;
    }
    this.#fifo[(this.#head + this.#count) % FIFO_DEPTH] = entry;
    this.#count++;
    this.state.ris |= INT.RX | (entry & DR_BE ? INT.BE : 0);
    this.state.receivedAt = this.#options.clock.now();
    this.#watchTimeout();
  }

  /** Switching the FIFO empties it (section 3.3.7); characters in it count as not yet arrived. */
  #requeue(): void {
    while (this.#count > 0) {
      this.#count--;
      const entry = this.#fifo[(this.#head + this.#count) % FIFO_DEPTH] ?? 0;
      if (entry <= 0xff) this.#backlog.unshift(entry);
    }
    this.#head = 0;
    this.state.ris &= ~(INT.RX | INT.RT);
  }

  /** The receive timeout interrupt: characters have been in the FIFO for 32 bit periods without a new one (section 2.8.4). */
  #watchTimeout(): void {
    if (this.#timeout || !(this.state.lcrH & LCR_H.FEN)) return;
    const divisor = (this.state.ibrd << 6) | this.state.fbrd;
    const bitNanoseconds = ((16 * (divisor >= 64 ? divisor : DEFAULT_DIVISOR)) / 64 / UART_CLOCK_HZ) * 1e9;
    const due = this.state.receivedAt + Math.ceil(32 * bitNanoseconds);
    this.#timeout = this.#options.clock.schedule(due, () => {
      this.#timeout = undefined;
      if (this.#count === 0) return;
      if (this.#options.clock.now() - this.state.receivedAt < 32 * bitNanoseconds) {
        this.#watchTimeout();
        return;
      }
      this.state.ris |= INT.RT;
      this.#update();
    });
  }

  #update(): void {
    this.#options.irq.set((this.state.ris & this.state.imsc) !== 0);
  }
}

function resetState(): PL011State {
  return {
    rsr: 0,
    ilpr: 0,
    ibrd: 0,
    fbrd: 0,
    lcrH: 0,
    cr: 0x300,
    ifls: 0x12,
    imsc: 0,
    ris: 0,
    dmacr: 0,
    receivedAt: 0,
  };
}
