/**
 * gdb-multiarch on Debian's kernel with its own symbols, on our machine and QEMU's. `npm run test:long`; needs what
 * `trapeze get debian` fetches, and `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findDebian } from "../../src/cli/debian/cache.js";
import { type Side, Workplace } from "./debugged.js";

const root = new URL("../..", import.meta.url).pathname;
const place = new Workplace();
afterAll(() => place.remove());

/** What doesn't depend on when interrupts come. */
const script = `hbreak start_kernel
continue
p $pc
delete
break __arm64_sys_execve
continue
bt 1
p ($cpsr >> 2) & 3
p ($ESR_EL1 >> 26)
stepi
stepi
delete
break el0_svc
continue
p/x $ESR_EL1
up
up
p $pc
delete
break __arm64_sys_reboot
continue
bt 1
delete
kill
`;

it.each([1, 2])("GDB finds its way in Debian's kernel with %d PEs as with QEMU", async (processors) => {
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  const symbols = join(place.path, "vmlinux.symbols");
  execFileSync("node", [`${root}bin/trapeze.js`, "symbols", debian.image, symbols]);
  const options = ["-m", "512", "-smp", String(processors), "-kernel", debian.image, "-initrd", debian.initramfs];
  options.push("-append", "console=ttyAMA0 nokaslr trapeze.autotest");
  const said = async (side: Side): Promise<string[]> =>
    (await place.debug(side, symbols, options, script))
      .split("\n")
      // QEMU's first instructions are a boot loader of its own.
      .slice(1)
      .filter((line) => !/^\[Switching|^$/.test(line));
  const ours = await said("trapeze");
  const plain = (lines: readonly string[]): string[] =>
    lines.map((line) => line.replace(/^Thread \d+ hit/, "Thread hit"));
  expect(plain(ours)).toEqual(plain(await said("qemu")));
  expect(ours.join("\n")).toMatch(/Breakpoint \d+, 0x[0-9a-f]+ in __arm64_sys_reboot \(\)/);
});
