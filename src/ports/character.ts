/** The outside of a serial port or console: bytes both ways. */
export interface CharacterBackend {
  /** Bytes that the guest wrote. */
  write(bytes: Uint8Array): void;
  /** Called by the device once, with the function that takes bytes coming in from outside. */
  onInput(receive: (bytes: Uint8Array) => void): void;
}

/** Takes output and drops it, never has input: `-serial null`. */
export const nullCharacterBackend: CharacterBackend = { write() {}, onInput() {} };
