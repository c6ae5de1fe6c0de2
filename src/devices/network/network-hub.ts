import type { NetworkBackend, NetworkGuest } from "../../ports/index.js";

/** How long a frame is under way: 1 Gbit/s for a frame of 1500 bytes. */
const LATENCY_NANOSECONDS = 12_000;

/** Connects network devices of one machine: each frame goes to all other ports, after a fixed time. */
export class NetworkHub {
  readonly #ports: { guest: NetworkGuest | undefined }[] = [];

  /** A new port. */
  port(): NetworkBackend {
    const port: { guest: NetworkGuest | undefined } = { guest: undefined };
    this.#ports.push(port);
    return {
      connect: (guest) => void (port.guest = guest),
      send: (frame) => {
        const { guest } = port;
        guest?.clock.schedule(guest.clock.now() + LATENCY_NANOSECONDS, () => {
          for (const other of this.#ports) if (other !== port) other.guest?.receive(frame);
        });
      },
    };
  }
}
