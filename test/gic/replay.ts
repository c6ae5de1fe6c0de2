import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createGic,
  type Gic,
  type IccContext,
  type IccRegisterName,
  type VirtualRegisterName,
} from "../../src/gic/index.js";
import { type Clock, type Dma, silentLog } from "../../src/ports/index.js";
import { GenericTimers, type TimerRegisterName, timerInterrupts } from "../../src/timers/index.js";

/** Kinds of accesses, as guest/tests/gic/replay.c numbers them. */
export const Kind = {
  read8: 1,
  write8: 2,
  read32: 3,
  write32: 4,
  read64: 5,
  write64: 6,
  readSystem: 7,
  writeSystem: 8,
  dropToEl1: 9,
  dropFromEl2: 10,
  riseToEl2: 11,
} as const;

export interface Access {
  kind: (typeof Kind)[keyof typeof Kind];
  location: number;
  value: bigint;
}

export const distributorBase = 0x0800_0000;
export const redistributorBase = 0x080a_0000;
export const itsBase = 0x0808_0000;
/** The memory that a replay may use for tables. */
export const ramBase = 0x4a00_0000;
const ramSize = 0x40000;

/** UARTIMSC of `virt`'s PL011, whose transmit interrupt is SPI 1: one write moves a wire. */
export const uartMask = 0x0900_0038;
export const uartData = 0x0900_0000;

const encode = (op0: number, op1: number, crn: number, crm: number, op2: number) =>
  ((op0 - 2) << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

/** Encodings of MRS and MSR, bits 19:5. */
export const systemRegisters = {
  ICC_PMR_EL1: encode(3, 0, 4, 6, 0),
  ICC_IAR0_EL1: encode(3, 0, 12, 8, 0),
  ICC_EOIR0_EL1: encode(3, 0, 12, 8, 1),
  ICC_HPPIR0_EL1: encode(3, 0, 12, 8, 2),
  ICC_BPR0_EL1: encode(3, 0, 12, 8, 3),
  ICC_AP0R0_EL1: encode(3, 0, 12, 8, 4),
  ICC_AP1R0_EL1: encode(3, 0, 12, 9, 0),
  ICC_DIR_EL1: encode(3, 0, 12, 11, 1),
  ICC_RPR_EL1: encode(3, 0, 12, 11, 3),
  ICC_SGI1R_EL1: encode(3, 0, 12, 11, 5),
  ICC_ASGI1R_EL1: encode(3, 0, 12, 11, 6),
  ICC_SGI0R_EL1: encode(3, 0, 12, 11, 7),
  ICC_IAR1_EL1: encode(3, 0, 12, 12, 0),
  ICC_EOIR1_EL1: encode(3, 0, 12, 12, 1),
  ICC_HPPIR1_EL1: encode(3, 0, 12, 12, 2),
  ICC_BPR1_EL1: encode(3, 0, 12, 12, 3),
  ICC_CTLR_EL1: encode(3, 0, 12, 12, 4),
  ICC_SRE_EL1: encode(3, 0, 12, 12, 5),
  ICC_IGRPEN0_EL1: encode(3, 0, 12, 12, 6),
  ICC_IGRPEN1_EL1: encode(3, 0, 12, 12, 7),
  ICC_SRE_EL2: encode(3, 4, 12, 9, 5),
  ICC_CTLR_EL3: encode(3, 6, 12, 12, 4),
  ICC_SRE_EL3: encode(3, 6, 12, 12, 5),
  ICC_IGRPEN1_EL3: encode(3, 6, 12, 12, 7),
  CNTP_CTL_EL0: encode(3, 3, 14, 2, 1),
  CNTP_CVAL_EL0: encode(3, 3, 14, 2, 2),
  CNTV_CTL_EL0: encode(3, 3, 14, 3, 1),
  CNTV_CVAL_EL0: encode(3, 3, 14, 3, 2),
  CNTFRQ_EL0: encode(3, 3, 14, 0, 0),
  ICH_AP0R0_EL2: encode(3, 4, 12, 8, 0),
  ICH_AP1R0_EL2: encode(3, 4, 12, 9, 0),
  ICH_HCR_EL2: encode(3, 4, 12, 11, 0),
  ICH_VTR_EL2: encode(3, 4, 12, 11, 1),
  ICH_MISR_EL2: encode(3, 4, 12, 11, 2),
  ICH_EISR_EL2: encode(3, 4, 12, 11, 3),
  ICH_ELRSR_EL2: encode(3, 4, 12, 11, 5),
  ICH_VMCR_EL2: encode(3, 4, 12, 11, 7),
  ICH_LR0_EL2: encode(3, 4, 12, 12, 0),
  ICH_LR1_EL2: encode(3, 4, 12, 12, 1),
  ICH_LR2_EL2: encode(3, 4, 12, 12, 2),
  ICH_LR3_EL2: encode(3, 4, 12, 12, 3),
  ISR_EL1: encode(3, 0, 12, 1, 0),
  SCR_EL3: encode(3, 6, 1, 1, 0),
} as const;

export type SystemRegister = keyof typeof systemRegisters;

const names = new Map<number, SystemRegister>(
  Object.entries(systemRegisters).map(([name, encoding]) => [encoding, name as SystemRegister]),
);

/** The model with just as much around it as the accesses of a replay need. */
export class ModelMachine {
  /** The one that works now: see {@link exchangeGic}. */
  gic: Gic;
  readonly #security: "single" | "two";
  readonly #execution: { el: number; secure: boolean };
  readonly #timers: GenericTimers;
  readonly #levels = { irq: false, fiq: false, virq: false, vfiq: false };
  #virtual = false;
  readonly #ram = new Uint8Array(ramSize);
  #context: IccContext;
  #time = 16_000;

  constructor(security: "single" | "two") {
    this.#security = security;
    this.#execution = security === "two" ? { el: 3, secure: true } : { el: 1, secure: false };
    this.gic = this.#makeGic();
    const clock: Clock = { now: () => (this.#time += 16), schedule: () => ({ cancel() {} }) };
    const line = (name: keyof typeof timerInterrupts) => ({
      set: (level: boolean) => this.gic.ppi(0, timerInterrupts[name]).set(level),
    });
    this.#timers = new GenericTimers({
      clock,
      lines: {
        physical: line("physical"),
        virtual: line("virtual"),
        hypervisorPhysical: line("hypervisorPhysical"),
        hypervisorVirtual: line("hypervisorVirtual"),
        securePhysical: line("securePhysical"),
      },
    });
    this.#context =
      security === "two"
        ? { el: 3, scrNs: false, scrFiq: false, scrIrq: false }
        : { el: 1, scrNs: true, scrFiq: false, scrIrq: false };
  }

  #makeGic(): Gic {
    const unconnected = { set() {} };
    const ram = this.#ram;
    const inside = (address: number, length: number) => address >= ramBase && address + length <= ramBase + ramSize;
    const dma: Dma = {
      read(address, target) {
        if (!inside(address, target.length)) return false;
        target.set(ram.subarray(address - ramBase, address - ramBase + target.length));
        return true;
      },
      write(address, source) {
        if (!inside(address, source.length)) return false;
        ram.set(source, address - ramBase);
        return true;
      },
    };
    return createGic({
      peAffinities: [0, 1],
      spiCount: 224,
      security: this.#security,
      execution: [this.#execution],
      outputs: [
        {
          irq: { set: (level) => (this.#levels.irq = level) },
          fiq: { set: (level) => (this.#levels.fiq = level) },
          virq: { set: (level) => (this.#levels.virq = level) },
          vfiq: { set: (level) => (this.#levels.vfiq = level) },
        },
        { irq: unconnected, fiq: unconnected },
      ],
      log: silentLog,
      dma,
    });
  }

  /** Goes on with a new GIC, which has the state of the old one by way of JSON, and drives its outputs anew. */
  exchangeGic(): void {
    const saved = JSON.stringify(this.gic.save());
    Object.assign(this.#levels, { irq: false, fiq: false, virq: false, vfiq: false });
    this.gic = this.#makeGic();
    this.gic.restore(JSON.parse(saved));
  }

  perform({ kind, location, value }: Access): bigint {
    switch (kind) {
      case Kind.readSystem:
        return this.#readSystem(names.get(location)!);
      case Kind.writeSystem:
        this.#writeSystem(names.get(location)!, value);
        return 0n;
      case Kind.dropToEl1:
        this.#setScr(value, 1);
        this.#execution.el = 1;
        this.#execution.secure = false;
        this.gic.cpuInterface(0).executionStateChanged();
        return 0n;
      case Kind.dropFromEl2:
      case Kind.riseToEl2:
        // A guest's ICC_* are ICV_*: HCR_EL2 has IMO and FMO set in these replays.
        this.#virtual = kind === Kind.dropFromEl2;
        return 0n;
      case Kind.read8:
        return BigInt(this.#read(location, 1));
      case Kind.read32:
        return BigInt(this.#read(location, 4));
      case Kind.read64:
        return BigInt(this.#read(location, 4)) | (BigInt(this.#read(location + 4, 4)) << 32n);
      case Kind.write8:
        this.#write(location, 1, Number(value));
        return 0n;
      case Kind.write32:
        this.#write(location, 4, Number(value));
        return 0n;
      case Kind.write64:
        this.#write(location, 4, Number(value & 0xffff_ffffn));
        this.#write(location + 4, 4, Number(value >> 32n));
        return 0n;
    }
  }

  #read(address: number, size: 1 | 4): number {
    const secure = this.#context.el === 3 || !this.#context.scrNs;
    const frames = secure ? this.gic.secure : this.gic;
    if (address >= itsBase && address < redistributorBase) return this.gic.its!.read(address - itsBase, size);
    return address >= redistributorBase
      ? frames.redistributors.read(address - redistributorBase, size)
      : frames.distributor.read(address - distributorBase, size);
  }

  #write(address: number, size: 1 | 4, value: number): void {
    if (address >= ramBase) {
      for (let index = 0; index < size; index++) this.#ram[address - ramBase + index] = value >>> (8 * index);
    } else if (address >= itsBase && address < redistributorBase) this.gic.its!.write(address - itsBase, size, value);
    else if (address === uartMask) this.gic.spi(1).set((value & 0x20) !== 0);
    else if (address === uartData) return;
    else {
      const secure = this.#context.el === 3 || !this.#context.scrNs;
      const frames = secure ? this.gic.secure : this.gic;
      if (address >= redistributorBase) frames.redistributors.write(address - redistributorBase, size, value);
      else frames.distributor.write(address - distributorBase, size, value);
    }
  }

  #setScr(value: bigint, el: 1 | 3): void {
    this.#context = {
      el,
      scrNs: (value & 1n) !== 0n,
      scrIrq: (value & 2n) !== 0n,
      scrFiq: (value & 4n) !== 0n,
    };
  }

  #readSystem(name: SystemRegister): bigint {
    if (name === "ISR_EL1") {
      const { irq, fiq, virq, vfiq } = this.#levels;
      return BigInt(((this.#virtual ? virq : irq) ? 0x80 : 0) | ((this.#virtual ? vfiq : fiq) ? 0x40 : 0));
    }
    const virtual = this.#virtualName(name);
    if (virtual !== undefined) return BigInt(this.gic.virtualCpuInterface(0).read(virtual));
    if (name.startsWith("CNT")) return this.#timers.read(name as TimerRegisterName);
    return BigInt(this.gic.cpuInterface(0).read(name as IccRegisterName, this.#context));
  }

  #virtualName(name: SystemRegister): VirtualRegisterName | undefined {
    if (name.startsWith("ICH_")) return name as VirtualRegisterName;
    return this.#virtual && name.startsWith("ICC_") ? (name.replace("ICC", "ICV") as VirtualRegisterName) : undefined;
  }

  #writeSystem(name: SystemRegister, value: bigint): void {
    const virtual = this.#virtualName(name);
    if (virtual !== undefined) this.gic.virtualCpuInterface(0).write(virtual, value);
    else if (name === "SCR_EL3") this.#setScr(value, 3);
    else if (name.startsWith("CNT")) this.#timers.write(name as TimerRegisterName, value);
    else this.gic.cpuInterface(0).write(name as IccRegisterName, value, this.#context);
  }
}

const source = new URL("../../guest/tests/gic/", import.meta.url).pathname;

/** True when the cross compiler and QEMU are there to be compared with. */
export function haveQemu(): boolean {
  try {
    execFileSync("qemu-system-aarch64", ["--version"], { stdio: "ignore" });
    execFileSync("aarch64-linux-gnu-gcc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Plays the accesses on QEMU's `virt` (`machine`: further -M options); returns what each returned. */
export function playOnQemu(accesses: readonly Access[], machine: string): bigint[] {
  const folder = mkdtempSync(join(tmpdir(), "trapeze-gic-"));
  try {
    const flags =
      "-O2 -ffreestanding -mgeneral-regs-only -mstrict-align -fno-pic -fno-stack-protector -nostdlib -static";
    const link = ["-no-pie", "-Wl,--build-id=none", `-Wl,-T,${source}link.ld`, "-Wl,--no-warn-rwx-segments"];
    const files = ["-o", join(folder, "replay.elf"), `${source}start.S`, `${source}replay.c`];
    execFileSync("aarch64-linux-gnu-gcc", [...flags.split(" "), ...link, ...files], { timeout: 30_000 });
    const script = new DataView(new ArrayBuffer((accesses.length + 1) * 16));
    for (const [index, access] of accesses.entries()) {
      script.setUint32(index * 16, access.kind, true);
      script.setUint32(index * 16 + 4, access.location, true);
      script.setBigUint64(index * 16 + 8, access.value, true);
    }
    writeFileSync(join(folder, "script.bin"), script);
    const options =
      `-M virt,gic-version=3,its=off${machine} -cpu cortex-a57 -smp 2 -m 512 -display none -monitor none -serial null ` +
      "-semihosting -kernel replay.elf -device loader,file=script.bin,addr=0x48000000,force-raw=on";
    execFileSync("qemu-system-aarch64", options.split(" "), { cwd: folder, timeout: 40_000, stdio: "ignore" });
    const results = readFileSync(join(folder, "results.bin"));
    return Array.from({ length: results.length / 8 }, (_, index) => results.readBigUInt64LE(index * 8));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One access in words, for a failing comparison. */
export function describeAccess({ kind, location, value }: Access): string {
  const verb = Object.entries(Kind).find(([, number]) => number === kind)![0];
  const where = names.get(location) ?? "0x" + location.toString(16);
  return `${verb} ${where}` + (verb.startsWith("write") || verb === "dropToEl1" ? ` = 0x${value.toString(16)}` : "");
}
