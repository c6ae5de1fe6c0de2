/** The outside of a network device: Ethernet frames both ways, from the destination address on, without the check sequence. */
export interface NetworkBackend {
  /** A frame from the guest; the bytes are the backend's to keep. */
  send(frame: Uint8Array): void;
  /** Called by the device once, with the function that takes frames for the guest. */
  onReceive(receive: (frame: Uint8Array) => void): void;
}
