/** Where the machine says what it saw: `unimp` for what it does not implement, `guest` for guest errors. */
export type LogChannel = "unimp" | "guest" | "int" | "mmu" | "exec";

/** A sink for diagnostics. Callers on warm paths ask {@link Log.enabled} before building a text. */
export interface Log {
  enabled(channel: LogChannel): boolean;
  /** One line, without a line end. */
  write(channel: LogChannel, text: string): void;
}

/** A log that drops everything. */
export const silentLog: Log = { enabled: () => false, write() {} };
