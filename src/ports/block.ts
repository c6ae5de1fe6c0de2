/** The outside of a disk. Offsets and lengths are bytes and multiples of 512; all calls are synchronous. Errors throw. */
export interface BlockBackend {
  /** Capacity in bytes, a multiple of 512. */
  readonly size: number;
  readonly readOnly: boolean;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
  /** Returns when everything written is on stable storage. */
  flush(): void;
}
