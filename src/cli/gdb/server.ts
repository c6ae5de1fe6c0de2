import { unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Machine } from "../../board/machine.js";
import type { MachineEnd } from "../../board/machine-options.js";
import { GdbSession } from "../../debug/gdb/session.js";
import { Monitor } from "../../debug/monitor/monitor.js";
import { disassemble } from "../../isa/disassembler.js";
import { writeFully } from "../console/terminal.js";
import { systemErrorText, UserError } from "../errors.js";
import type { GdbTarget } from "../options/run-configuration.js";
import { nearest } from "../options/suggest.js";

/** What GDB may ask of the command. */
export interface GdbServerActions {
  /** `kill`: the machine is to end. */
  kill(): void;
  /** `monitor quit`. */
  quit(): void;
}

/** Where GDB connects to: one debugger at a time. */
export class GdbServer {
  readonly #machine: Machine;
  readonly #actions: GdbServerActions;
  #server: Server | undefined;
  #path: string | undefined;
  #session: GdbSession | undefined;
  #hangUp: () => void = () => {};

  constructor(machine: Machine, actions: GdbServerActions) {
    this.#machine = machine;
    this.#actions = actions;
  }

  /** Starts to listen; with `stdio` GDB is there already. Throws a {@link UserError} when that fails. */
  async open(target: GdbTarget): Promise<void> {
    if (target.kind === "stdio") {
      this.#openStdio();
      return;
    }
    const where = target.kind === "unix" ? target.path : `${target.host}:${target.port}`;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    if (target.kind === "unix") this.#path = target.path;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) =>
        reject(new UserError(`the GDB server can't listen on ${where}: ${systemErrorText(error)}`)),
      );
      if (target.kind === "unix") server.listen(target.path, resolve);
      else server.listen(target.port, target.host, resolve);
    });
    const bound = server.address();
    if (target.kind === "tcp" && target.port === 0 && bound !== null && typeof bound === "object")
      process.stderr.write(`trapeze: GDB can connect to ${target.host}:${bound.port}\n`);
  }

  /** The machine has ended. */
  ended(end: MachineEnd): void {
    this.#session?.ended(end);
    this.close();
  }

  close(): void {
    this.#session?.lost();
    this.#session = undefined;
    this.#hangUp();
    this.#server?.close();
    if (this.#path === undefined || this.#server === undefined) return;
    this.#server = undefined;
    try {
      unlinkSync(this.#path);
    } catch {
      // The server has removed it, or somebody else.
    }
  }

  #accept(socket: Socket): void {
    if (this.#session) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const session = this.#begin(
      (bytes) => void socket.write(bytes),
      () => socket.end(),
    );
    socket.on("data", (bytes: Uint8Array) => session.receive(bytes));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      session.lost();
      if (this.#session === session) this.#session = undefined;
    });
  }

  #openStdio(): void {
    const { stdin } = process;
    const session = this.#begin(
      (bytes) => writeFully(1, bytes),
      () => {
        stdin.pause();
        stdin.unref?.();
      },
    );
    stdin.on("data", (bytes: Uint8Array) => session.receive(bytes));
    stdin.on("end", () => session.lost());
  }

  #begin(send: (bytes: Uint8Array) => void, hangUp: () => void): GdbSession {
    const monitor = new Monitor(this.#machine, { disassemble, nearest, quit: () => this.#actions.quit() });
    this.#hangUp = hangUp;
    const session = new GdbSession(this.#machine, {
      send,
      closed: () => {
        this.#session = undefined;
        hangUp();
      },
      kill: () => this.#actions.kill(),
      monitor: (line, pe) => {
        monitor.select(pe);
        return monitor.execute(line);
      },
    });
    this.#session = session;
    return session;
  }
}
