/**
 * Debian's whole boot, to a shell that works and then powers off, in the same state compiled and interpreted, with 1 and
 * 4 PEs. `npm run test:long`; needs what `trapeze get debian` fetches.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findDebian } from "../../src/cli/debian/cache.js";
import { outcome } from "./runs.js";

it.each([1, 4])("Debian boots the same every time with %d PEs", async (processors) => {
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  const options = {
    kernel: readFileSync(debian.image),
    initrd: readFileSync(debian.initramfs),
    commandLine: "console=ttyAMA0 trapeze.autotest",
    memory: 512 * 2 ** 20,
    processors,
  };
  const first = await outcome(options, 50e9);
  expect(first.output).toContain("trapeze: autotest done");
  expect(first.end).toBe("the guest switched the machine off");
  expect(await outcome(options, 50e9, [1_234_567, 89])).toEqual(first);
  expect(await outcome({ ...options, jit: false }, 50e9)).toEqual(first);
});
