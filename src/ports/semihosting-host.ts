/** What semihosting may do on the host, beyond the console: files, when the user allows them. */
export interface SemihostingFile {
  /** Bytes; undefined when the length cannot be known. */
  readonly length: number | undefined;
  /** True for a terminal or another interactive stream. */
  readonly interactive: boolean;
  /** Returns the bytes read at the file's position, 0 at its end; undefined when there is nothing yet (ask again later). */
  read(target: Uint8Array): number | undefined;
  /** Returns the bytes written at the file's position. */
  write(source: Uint8Array): number;
  /** Absolute position in bytes. */
  seek(position: number): void;
  close(): void;
}

/** Files by name. `mode` is an index into ISO C's fopen modes: r rb r+ r+b w wb w+ w+b a ab a+ a+b. Failures throw an Error whose `code` may be an errno name. */
export interface SemihostingFiles {
  open(name: string, mode: number): SemihostingFile;
  remove(name: string): void;
  rename(from: string, to: string): void;
}

/** The outside of the Arm semihosting interface. */
export interface SemihostingHost {
  /** Bytes for standard output or error. */
  write(bytes: Uint8Array, stream: "output" | "error"): void;
  /** Fills at most `target.length` bytes of console input and returns how many; 0 when there is none yet; -1 at its end. */
  read(target: Uint8Array): number;
  /** Host files; without it, opening anything but the console fails with ENOENT. */
  readonly files?: SemihostingFiles;
  /** The guest asks to stop with this exit status. */
  exit(status: number): void;
}
