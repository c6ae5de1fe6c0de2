import { openSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { type CharacterBackend, nullCharacterBackend } from "../../ports/index.js";
import { writeFully } from "../console/terminal.js";
import { systemErrorText, UserError } from "../errors.js";
import type { CharacterTarget } from "../options/run-configuration.js";

/** A character backend of the host's, and what the command must know of it. */
export interface HostCharacterBackend {
  readonly backend: CharacterBackend;
  /** Whether input may still come. */
  inputOpen(): boolean;
  /** Sends on what is queued. */
  flush(): void;
  close(): void;
}

/** Opens what `-serial` or `-chardev` names. A TCP server that is to wait does so here. */
export async function openCharacterTarget(
  target: CharacterTarget,
  console: { attach(): HostCharacterBackend },
): Promise<HostCharacterBackend> {
  switch (target.kind) {
    case "stdio":
      return console.attach();
    case "null":
      return { backend: nullCharacterBackend, inputOpen: () => false, flush() {}, close() {} };
    case "file":
      return openFile(target.path);
    case "tcp":
      return openTcp(target);
  }
}

function openFile(path: string): HostCharacterBackend {
  let descriptor: number;
  try {
    descriptor = openSync(path, "w");
  } catch (error) {
    throw new UserError(`serial output to ${path}: ${systemErrorText(error)}`);
  }
  let pending: Uint8Array[] = [];
  const flush = (): void => {
    for (const bytes of pending.length > 1 ? [Buffer.concat(pending)] : pending) writeFully(descriptor, bytes);
    pending = [];
  };
  const write = (bytes: Uint8Array): void => {
    pending.push(bytes);
    if (pending.length >= 4096) flush();
  };
  return { backend: { write, onInput() {} }, inputOpen: () => false, flush, close: flush };
}

async function openTcp(target: CharacterTarget & { kind: "tcp" }): Promise<HostCharacterBackend> {
  let socket: Socket | undefined;
  let receive: (bytes: Uint8Array) => void = () => {};
  let pending: Uint8Array[] = [];
  const where = `${target.host}:${target.port}`;
  const adopt = (peer: Socket): void => {
    socket = peer;
    peer.setNoDelay(true);
    peer.on("data", (bytes: Uint8Array) => receive(bytes));
    peer.on("error", () => peer.destroy());
    peer.on("close", () => {
      if (socket === peer) socket = undefined;
    });
  };

  let closeServer = (): void => {};
  if (target.server) {
    const server = createServer((peer) => (socket ? void peer.destroy() : adopt(peer)));
    closeServer = () => void server.close();
    await settled(server, "listening", `serial port can't listen on ${where}`, () =>
      server.listen(target.port, target.host),
    );
    if (target.wait) {
      process.stderr.write(`trapeze: waiting for a connection to ${where}\n`);
      await new Promise<void>((resolve) => server.once("connection", () => resolve()));
    }
  } else {
    const peer = connect(target.port, target.host);
    await settled(peer, "connect", `serial port can't connect to ${where}`, () => {});
    adopt(peer);
  }
  const flush = (): void => {
    if (pending.length > 0) socket?.write(Buffer.concat(pending));
    pending = [];
  };
  return {
    backend: {
      // Output that nobody is there to take is dropped, as a serial line drops it.
      write: (bytes) => void (socket && pending.push(bytes)),
      onInput: (take) => void (receive = take),
    },
    inputOpen: () => target.server || socket !== undefined,
    flush,
    close() {
      flush();
      socket?.end();
      closeServer();
    },
  };
}

/** Waits for `event`, or fails with one sentence for "error". */
function settled(emitter: NodeJS.EventEmitter, event: string, failure: string, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new UserError(`${failure}: ${systemErrorText(error)}`));
    emitter.once("error", onError);
    emitter.once(event, () => {
      emitter.off("error", onError);
      resolve();
    });
    start();
  });
}
