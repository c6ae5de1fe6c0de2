/** A mistake of the user's, or of what the user gave: printed as one sentence, with exit status 1. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** What a failed system call means, in words: "no such file or directory". */
export function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's messages are "CODE: text, syscall 'path'".
  return error.message.replace(/^[A-Z0-9]+: /, "").replace(/, \w+( '.*')?$/s, "");
}
