/** Debian's Chromium. */
export const chromiumPath = "/usr/bin/chromium";

/** Of a browser that talks to nobody. Nothing here is about JavaScript or WebAssembly: pages get what users' get. */
export const chromiumFlags: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
