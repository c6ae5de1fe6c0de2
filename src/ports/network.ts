import type { Clock } from "./clock.js";

/** What a network needs of the machine that it is connected to. */
export interface NetworkGuest {
  readonly clock: Clock;
  /** Gives the guest a frame. */
  receive(frame: Uint8Array): void;
}

/** The outside of a network device: Ethernet frames both ways, from the destination address on, without the check sequence. */
export interface NetworkBackend {
  /** Called by the device once, before anything else. */
  connect(guest: NetworkGuest): void;
  /** A frame from the guest; the bytes are the backend's to keep. */
  send(frame: Uint8Array): void;
}
