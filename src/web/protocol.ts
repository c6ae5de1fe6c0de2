/** What the page tells the worker that runs the machine. */
export type ToMachine =
  | { readonly kind: "start"; readonly kernel: Uint8Array }
  | { readonly kind: "input"; readonly bytes: Uint8Array };

/** What the worker tells the page. */
export type FromMachine =
  | { readonly kind: "output"; readonly bytes: Uint8Array }
  /** How far the machine has come; sent a few times a second. */
  | { readonly kind: "progress"; readonly instructions: number; readonly mips: number }
  | { readonly kind: "ended"; readonly sentence: string; readonly instructions: number }
  | { readonly kind: "failed"; readonly message: string };
