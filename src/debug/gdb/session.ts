import type { DebugStop } from "../../board/debug-port.js";
import type { Machine } from "../../board/machine.js";
import { describeEnd, type MachineEnd } from "../../board/machine-options.js";
import type { WatchKind } from "../../cpu/debug-points.js";
import { describeTakenException } from "../exceptions.js";
import { DebugMemory } from "../memory.js";
import { bytesOf, fromHex, littleEndian, littleEndianHex, PacketReader, packet, textOf, toHex } from "./packets.js";
import { parseResumption, type ResumeAction } from "./resumption.js";
import { describeTarget, type TargetDescription } from "./target-description.js";
import { parseThreadId, threadId } from "./thread-id.js";

/** What a session needs of its surroundings. */
export interface GdbSessionHost {
  /** Sends bytes to GDB. */
  send(bytes: Uint8Array): void;
  /** The session has ended: GDB detached. */
  closed(): void;
  /** GDB wants the machine to end (`kill`). */
  kill(): void;
  /** Carries out a `monitor` command for a PE and returns its answer. */
  monitor(line: string, pe: number): string;
}

/** Bytes that a packet may hold; QEMU's size. */
const packetSize = 4096;
/** Signals by GDB's numbers. */
const Signal = { interrupt: 2, trap: 5, segmentation: 11 } as const;
/** EINVAL and EFAULT, as QEMU answers. */
const invalid = "E22";
const badAddress = "E14";

const watchKinds: Readonly<Record<string, WatchKind>> = { 2: "write", 3: "read", 4: "access" };
const watchReasons: Readonly<Record<WatchKind, string>> = { write: "watch", read: "rwatch", access: "awatch" };
/** Bits of `qqemu.sstep`. */
const StepBit = { enable: 1, noIrq: 2 } as const;

/** A conversation with GDB over one connection: bytes in, bytes out. All PEs stop and go on together (all-stop mode). */
export class GdbSession {
  readonly #machine: Machine;
  readonly #host: GdbSessionHost;
  readonly #reader = new PacketReader();
  readonly #memory: DebugMemory;
  readonly #target: TargetDescription;
  #acknowledges = true;
  #lastSent: Uint8Array | undefined;
  #multiprocess = false;
  /** PEs that `g` and its like, and `c` and `s` are about. */
  #current = 0;
  #resumed = 0;
  #lastStop: DebugStop = { kind: "pause", pe: 0 };
  /** GDB waits for the next stop. */
  #waits = false;
  #range: { readonly pe: number; readonly start: bigint; readonly end: bigint; again(): void } | undefined;
  #over = false;

  /** Attaches to the machine and stops it. */
  constructor(machine: Machine, host: GdbSessionHost) {
    this.#machine = machine;
    this.#host = host;
    this.#memory = new DebugMemory(machine);
    const { debug } = machine;
    this.#target = describeTarget(debug.processors[0]!);
    debug.attach();
    debug.onStop = (stop) => this.#stopped(stop);
    debug.pause();
  }

  /** Bytes have come from GDB. */
  receive(bytes: Uint8Array): void {
    for (const received of this.#reader.push(bytes)) {
      if (this.#over) return;
      switch (received.kind) {
        case "interrupt":
          this.#machine.debug.pause();
          break;
        case "nack":
          if (this.#lastSent) this.#host.send(this.#lastSent);
          break;
        case "damaged":
          if (this.#acknowledges) this.#host.send(bytesOf("-"));
          break;
        case "packet":
          if (this.#acknowledges) this.#host.send(bytesOf("+"));
          this.#handle(received.data);
      }
    }
  }

  /** The machine has ended for good: GDB is told, as of a process's exit. */
  ended(end: MachineEnd): void {
    if (this.#over) return;
    this.#over = true;
    const status = end.kind === "exit" ? end.status & 0xff : end.kind === "off" ? 0 : 1;
    this.#reply(`W${status.toString(16).padStart(2, "0")}`);
  }

  /**
   * The connection is gone. A machine that stood still goes on standing, for the next debugger; one that runs has nobody left whom
   * its breakpoints could tell.
   */
  lost(): void {
    if (this.#over) return;
    this.#over = true;
    const { debug } = this.#machine;
    debug.onStop = undefined;
    debug.exceptionStops = undefined;
    debug.points.clear();
    if (!debug.stopped && this.#waits) debug.detach();
  }

  #reply(text: string): void {
    this.#send(bytesOf(text));
  }

  #send(data: Uint8Array): void {
    const bytes = packet(data);
    this.#lastSent = bytes;
    this.#host.send(bytes);
  }

  /** Text for GDB's user: console output. */
  #say(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += packetSize / 2 - 2)
      this.#reply(`O${toHex(bytes.subarray(at, at + packetSize / 2 - 2))}`);
  }

  #handle(data: Uint8Array): void {
    const text = textOf(data);
    const answer = this.#answer(text, data);
    if (answer !== undefined) this.#reply(answer);
  }

  /** The answer to a packet; undefined when it was sent already, or comes later. "" says that the packet isn't known. */
  #answer(text: string, data: Uint8Array): string | undefined {
    const rest = text.slice(1);
    switch (text[0]) {
      case "?":
        this.#machine.debug.points.clear();
        return this.#machine.debug.stopped ? this.#stopReply(this.#lastStop, Signal.trap) : this.#later();
      case "q":
      case "Q":
        return this.#query(text);
      case "v":
        return this.#verbose(text);
      case "g":
        return this.#target.registers
          .slice(0, this.#target.general)
          .map((_, n) => this.#readRegister(n))
          .join("");
      case "G":
        return this.#writeGeneral(rest);
      case "p":
        return this.#readRegister(Number.parseInt(rest, 16)) ?? invalid;
      case "P":
        return this.#writeRegister(rest);
      case "m":
      case "x":
        return this.#readMemory(rest, text[0] === "x");
      case "M":
        return this.#writeHex(rest);
      case "X":
        return this.#writeBinary(text, data);
      case "Z":
      case "z":
        return this.#point(text[0] === "Z", rest);
      case "H":
        return this.#selectThread(rest);
      case "T":
        return typeof parseThreadId(rest, this.#machine.processors) === "number" ? "OK" : invalid;
      case "c":
      case "s":
        return this.#resumeAt(text[0], rest);
      case "C":
      case "S":
        return this.#resumeAt(text[0].toLowerCase(), /;(.*)$/.exec(rest)?.[1] ?? "");
      case "D":
        this.#detach();
        return undefined;
      case "k":
        this.#kill();
        return undefined;
      case "!":
        return "OK";
      default:
        return "";
    }
  }

  #query(text: string): string | undefined {
    const { processors, debug } = this.#machine;
    const multiprocess = this.#multiprocess;
    const [, name = "", argument = ""] = /^([^:,;]*)[:,;]?(.*)$/s.exec(text)!;
    switch (name) {
      case "qSupported":
        this.#multiprocess = argument.split(";").includes("multiprocess+");
        return `PacketSize=${packetSize.toString(16)};qXfer:features:read+;vContSupported+;multiprocess+;QStartNoAckMode+`;
      case "QStartNoAckMode":
        this.#acknowledges = false;
        return "OK";
      case "qXfer":
        return this.#transfer(argument);
      case "qC":
        return `QC${threadId(this.#current, multiprocess)}`;
      case "qfThreadInfo":
        return `m${Array.from({ length: processors }, (_, pe) => threadId(pe, multiprocess)).join(",")}`;
      case "qsThreadInfo":
        return "l";
      case "qThreadExtraInfo": {
        const pe = parseThreadId(argument, processors);
        if (typeof pe !== "number") return invalid;
        return toHex(
          bytesOf(
            `CPU#${pe} [${{ running: "running", waiting: "halted", off: "off" }[this.#machine.processorState(pe)]}]`,
          ),
        );
      }
      case "qAttached":
        return "1";
      case "qRcmd":
        return this.#monitor(argument);
      case "qqemu.PhyMemMode":
        return this.#memory.physical ? "1" : "0";
      case "Qqemu.PhyMemMode":
        this.#memory.physical = argument !== "0";
        return "OK";
      case "qqemu.sstepbits":
        return "ENABLE=1,NOIRQ=2";
      case "qqemu.sstep":
        return `0x${(StepBit.enable | (debug.stepWithoutInterrupts ? StepBit.noIrq : 0)).toString(16)}`;
      default: {
        const bits = /^Qqemu\.sstep=([0-9a-fx]+)$/.exec(text)?.[1];
        if (bits === undefined) return "";
        const value = Number.parseInt(bits.replace(/^0x/, ""), 16);
        if ((value & ~(StepBit.enable | StepBit.noIrq)) !== 0 || (value & StepBit.enable) === 0) return invalid;
        debug.stepWithoutInterrupts = (value & StepBit.noIrq) !== 0;
        return "OK";
      }
    }
  }

  /** `qXfer:features:read:FILE:OFFSET,LENGTH`. */
  #transfer(argument: string): string {
    const match = /^features:read:([^:]+):([0-9a-f]+),([0-9a-f]+)$/i.exec(argument);
    if (!match) return "";
    const file = this.#target.files.get(match[1]!);
    if (file === undefined) return "E00";
    const offset = Number.parseInt(match[2]!, 16);
    const piece = file.slice(offset, offset + Math.min(Number.parseInt(match[3]!, 16), packetSize - 5));
    return (offset + piece.length < file.length ? "m" : "l") + piece;
  }

  #verbose(text: string): string | undefined {
    if (text === "vCont?") return "vCont;c;C;s;S;t;r";
    if (text.startsWith("vCont;")) {
      const actions = parseResumption(text.slice(6), this.#machine.processors);
      return actions === undefined ? invalid : this.#resume(actions);
    }
    if (text.startsWith("vKill")) {
      this.#reply("OK");
      this.#kill();
      return undefined;
    }
    return "";
  }

  #resumeAt(letter: string, address: string): string | undefined {
    if (address !== "") {
      if (!/^[0-9a-f]+$/i.test(address)) return invalid;
      this.#machine.writeRegister(this.#resumed, "PC", BigInt(`0x${address}`));
    }
    const how = letter === "s" ? "step" : "continue";
    return this.#resume(
      Array.from({ length: this.#machine.processors }, (_, pe) => ({
        how: how === "continue" ? "continue" : pe === this.#resumed ? "step" : "hold",
      })),
    );
  }

  #resume(actions: readonly ResumeAction[]): undefined {
    const go = (): void => this.#machine.debug.resume((pe) => actions[pe]!.how);
    const ranged = actions.findIndex(({ range }) => range !== undefined);
    const range = actions[ranged]?.range;
    this.#range = range && { pe: ranged, start: range[0], end: range[1], again: go };
    this.#waits = true;
    go();
    return undefined;
  }

  #later(): undefined {
    this.#waits = true;
    return undefined;
  }

  #stopped(stop: DebugStop): void {
    const range = this.#range;
    if (range && stop.kind === "step" && stop.pe === range.pe) {
      const pc = this.#machine.readRegister(stop.pe, "PC");
      if (pc >= range.start && pc < range.end) {
        range.again();
        return;
      }
    }
    this.#range = undefined;
    this.#lastStop = stop;
    this.#current = stop.pe;
    this.#resumed = stop.pe;
    if (!this.#waits) return;
    this.#waits = false;
    if (stop.kind === "end") this.#say(`${describeEnd(stop.end)}\n`);
    if (stop.kind === "exception") this.#say(`${describeTakenException(stop.exception)}\n`);
    this.#reply(this.#stopReply(stop));
  }

  #stopReply(stop: DebugStop, signal: number = signalOf(stop)): string {
    const reason = stop.kind === "watchpoint" ? `${watchReasons[stop.access]}:${stop.address.toString(16)};` : "";
    return `T${signal.toString(16).padStart(2, "0")}thread:${threadId(stop.pe, this.#multiprocess)};${reason}`;
  }

  #readRegister(n: number): string | undefined {
    const register = this.#target.registers[n];
    if (register === undefined) return undefined;
    return littleEndianHex(this.#machine.readRegister(this.#current, register.name), register.bytes);
  }

  #store(n: number, bytes: Uint8Array): boolean {
    const register = this.#target.registers[n];
    if (register === undefined || register.readOnly || bytes.length !== register.bytes) return false;
    this.#machine.writeRegister(this.#current, register.name, littleEndian(bytes));
    return true;
  }

  #writeRegister(text: string): string {
    const [number = "", value = ""] = text.split("=");
    const bytes = fromHex(value);
    return bytes !== undefined && this.#store(Number.parseInt(number, 16), bytes) ? "OK" : invalid;
  }

  #writeGeneral(text: string): string {
    const bytes = fromHex(text);
    if (bytes === undefined) return invalid;
    let at = 0;
    for (let n = 0; n < this.#target.general && at < bytes.length; n++) {
      const size = this.#target.registers[n]!.bytes;
      if (!this.#store(n, bytes.subarray(at, at + size))) return invalid;
      at += size;
    }
    return "OK";
  }

  #readMemory(text: string, binary: boolean): string | undefined {
    const match = /^([0-9a-f]+),([0-9a-f]+)$/i.exec(text);
    if (!match) return invalid;
    const length = Number.parseInt(match[2]!, 16);
    const most = binary ? packetSize - 8 : packetSize / 2;
    const bytes = this.#memory.read(this.#current, address(match[1]!), Math.min(length, most));
    if (bytes.length === 0 && length > 0) return badAddress;
    if (!binary) return toHex(bytes);
    this.#send(Uint8Array.of(0x62, ...bytes));
    return undefined;
  }

  #writeHex(text: string): string {
    const match = /^([0-9a-f]+),([0-9a-f]+):([0-9a-f]*)$/i.exec(text);
    const bytes = match ? fromHex(match[3]!) : undefined;
    if (!match || bytes === undefined || bytes.length !== Number.parseInt(match[2]!, 16)) return invalid;
    return this.#memory.write(this.#current, address(match[1]!), bytes) ? "OK" : badAddress;
  }

  #writeBinary(text: string, data: Uint8Array): string {
    const match = /^X([0-9a-f]+),([0-9a-f]+):/i.exec(text);
    if (!match) return invalid;
    const bytes = data.subarray(match[0].length);
    if (bytes.length !== Number.parseInt(match[2]!, 16)) return invalid;
    return this.#memory.write(this.#current, address(match[1]!), bytes) ? "OK" : badAddress;
  }

  /** `Z` and `z`: TYPE,ADDRESS,KIND. Software and hardware breakpoints are the same thing here. */
  #point(set: boolean, text: string): string {
    const match = /^([0-4]),([0-9a-f]+),([0-9a-f]+)/i.exec(text);
    if (!match) return "";
    const { points } = this.#machine.debug;
    const at = address(match[2]!);
    const size = Number.parseInt(match[3]!, 16);
    const kind = watchKinds[match[1]!];
    if (kind === undefined) {
      if (at % 4n !== 0n) return invalid;
      if (set) points.addBreakpoint(at);
      else points.removeBreakpoint(at);
      return "OK";
    }
    if (size < 1 || size > largestWatch) return invalid;
    if (set) points.addWatchpoint(kind, at, size);
    else if (!points.removeWatchpoint(kind, at, size)) return "E02";
    return "OK";
  }

  #selectThread(text: string): string {
    const thread = parseThreadId(text.slice(1), this.#machine.processors);
    if (thread === undefined) return invalid;
    if (typeof thread !== "number") return "OK";
    if (text[0] === "g") this.#current = thread;
    else if (text[0] === "c") this.#resumed = thread;
    else return invalid;
    return "OK";
  }

  #monitor(hex: string): string {
    const bytes = fromHex(hex);
    if (bytes === undefined) return invalid;
    const answer = this.#host.monitor(new TextDecoder().decode(bytes).trim(), this.#current);
    if (answer !== "") this.#say(`${answer}\n`);
    return "OK";
  }

  #detach(): void {
    this.#reply("OK");
    this.#over = true;
    this.#machine.debug.detach();
    this.#host.closed();
  }

  #kill(): void {
    this.#over = true;
    this.#host.kill();
  }
}

function signalOf(stop: DebugStop): number {
  if (stop.kind === "pause") return Signal.interrupt;
  return stop.kind === "end" ? Signal.segmentation : Signal.trap;
}

/** A watchpoint may cover this much. */
const largestWatch = 1 << 20;

function address(hex: string): bigint {
  return BigInt.asUintN(64, BigInt(`0x${hex}`));
}
