import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a file of the cache so that it's there whole or not at all. */
export function replaceFile(directory: string, name: string, bytes: Uint8Array): void {
  writeFileSync(join(directory, `${name}.new`), bytes);
  renameSync(join(directory, `${name}.new`), join(directory, name));
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
