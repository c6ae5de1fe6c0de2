/** What a {@link HostStream} tells its owner. */
export interface HostStreamEvents {
  connected(): void;
  data(bytes: Uint8Array): void;
  /** The other side sends no more. */
  ended(): void;
  /** The connection couldn't be made, or is gone. */
  closed(): void;
  /** What was written has been taken: {@link HostStream.backlog} is 0 again. */
  drained(): void;
}

/** A TCP connection of the host's. */
export interface HostStream {
  /** Bytes written that the host hasn't taken yet. */
  readonly backlog: number;
  write(bytes: Uint8Array): void;
  /** Sends no more. */
  end(): void;
  destroy(): void;
  /** Whether data may come now. */
  setFlowing(flowing: boolean): void;
}

/** A UDP socket of the host's. */
export interface HostDatagrams {
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

/** An address of the host's where it listens. */
export interface HostListener {
  close(): void;
}

/** The host's sockets, for networks in user mode. Addresses are IPv4 in dotted notation. */
export interface HostSockets {
  /** The host's resolver of names. */
  readonly resolver: { readonly address: string; readonly port: number };
  connect(address: string, port: number, events: HostStreamEvents): HostStream;
  datagrams(received: (bytes: Uint8Array, address: string, port: number) => void): HostDatagrams;
  /** Connections that come in; `accepted` gives each its events. */
  listenStream(address: string, port: number, accepted: (stream: HostStream) => HostStreamEvents): HostListener;
  listenDatagrams(
    address: string,
    port: number,
    received: (bytes: Uint8Array, address: string, port: number) => void,
  ): HostDatagrams;
}
