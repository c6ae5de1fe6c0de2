import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { createConnection, createServer, type Socket } from "node:net";
import type { HostDatagrams, HostListener, HostSockets, HostStream, HostStreamEvents } from "../../ports/index.js";
import { systemErrorText, UserError } from "../errors.js";

function findResolver(): HostSockets["resolver"] {
  const server = getServers().find((each) => /^\d+\.\d+\.\d+\.\d+(:\d+)?$/.test(each)) ?? "127.0.0.1";
  const [address = "", port] = server.split(":");
  return { address, port: Number(port ?? 53) };
}

/** The host's sockets by Node, and whether anything may still come by them. */
export class NodeSockets implements HostSockets {
  #open = 0;
  #resolver: HostSockets["resolver"] | undefined;

  get resolver(): HostSockets["resolver"] {
    return (this.#resolver ??= findResolver());
  }

  /** Whether there are sockets that something can come by. */
  get inputOpen(): boolean {
    return this.#open > 0;
  }

  connect(address: string, port: number, events: HostStreamEvents): HostStream {
    const socket = createConnection({ host: address, port, allowHalfOpen: true });
    socket.once("connect", () => events.connected());
    return this.#stream(socket, () => events);
  }

  datagrams(received: (bytes: Uint8Array, address: string, port: number) => void): HostDatagrams {
    return this.#datagrams(received, false, 0, undefined);
  }

  listenStream(address: string, port: number, accepted: (stream: HostStream) => HostStreamEvents): HostListener {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let events: HostStreamEvents | undefined;
      const stream = this.#stream(socket, () => events);
      events = accepted(stream);
    });
    this.#open++;
    server.on("error", (error) => {
      throw new UserError(`the network can't listen on ${address || "*"}:${port}: ${systemErrorText(error)}`);
    });
    server.listen(port, address || "0.0.0.0");
    return { close: () => void server.close(() => this.#open--) };
  }

  listenDatagrams(
    address: string,
    port: number,
    received: (bytes: Uint8Array, address: string, port: number) => void,
  ): HostDatagrams {
    return this.#datagrams(received, true, port, address || undefined);
  }

  #datagrams(
    received: (bytes: Uint8Array, address: string, port: number) => void,
    listens: boolean,
    port: number,
    address: string | undefined,
  ): HostDatagrams {
    const socket = createSocket("udp4");
    this.#open++;
    socket.on("message", (bytes, from) => received(bytes, from.address, from.port));
    socket.on("error", (error) => {
      // What can't be sent is lost, as datagrams are.
      if (listens)
        throw new UserError(`the network can't listen on ${address ?? "*"}:${port}: ${systemErrorText(error)}`);
    });
    socket.on("close", () => this.#open--);
    if (listens) socket.bind(port, address);
    return { send: (bytes, to, toPort) => socket.send(bytes, toPort, to, () => {}), close: () => void socket.close() };
  }

  #stream(socket: Socket, events: () => HostStreamEvents | undefined): HostStream {
    this.#open++;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => events()?.data(bytes));
    socket.on("end", () => events()?.ended());
    socket.on("drain", () => events()?.drained());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#open--;
      events()?.closed();
    });
    return {
      get backlog() {
        return socket.writableLength;
      },
      write: (bytes) => void (socket.writable && socket.write(bytes)),
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
      setFlowing: (flowing) => void (flowing ? socket.resume() : socket.pause()),
    };
  }
}
