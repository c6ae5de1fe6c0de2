/**
 * A trace of Debian's whole boot at EL2 on two PEs. `npm run test:long`; needs what `trapeze get debian` fetches, and
 * `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findDebian } from "../../src/cli/debian/cache.js";
import { withDirectory } from "../support/tools.js";
import { readTrace } from "./trace-reader.js";

const trapeze = new URL("../../bin/trapeze.js", import.meta.url).pathname;

it("a whole boot's trace is whole, and of a size that a browser takes", () => {
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  const bytes = withDirectory((directory) => {
    const file = join(directory, "boot.perfetto-trace");
    const options = ["-M", "virt,virtualization=on,gic-version=3", "-cpu", "neoverse-n1", "-smp", "2", "-m", "512"];
    const payload = ["-kernel", debian.image, "-initrd", debian.initramfs];
    const words = ["-append", "console=ttyAMA0 trapeze.autotest"];
    execFileSync(process.execPath, [trapeze, "run", ...options, ...payload, ...words, "--trace", file], {
      timeout: 300_000,
      maxBuffer: 2 ** 26,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return readFileSync(file);
  });
  expect(bytes.length).toBeLessThan(16 * 2 ** 20);
  const { events } = readTrace(bytes);

  const open = new Map<string, number>();
  let last = 0;
  for (const { time, type, track } of events) {
    expect(time).toBeGreaterThanOrEqual(last);
    last = time;
    if (type === 1) open.set(track, (open.get(track) ?? 0) + 1);
    if (type === 2) open.set(track, open.get(track)! - 1);
    expect(open.get(track) ?? 0).toBeGreaterThanOrEqual(0);
  }
  expect([...open].filter(([, count]) => count !== 0)).toEqual([]);

  const tracks = new Set(events.map(({ track }) => track));
  for (const pe of [0, 1])
    for (const name of ["EL0", "EL2", "waiting", "interrupts handled", "instructions", "TLB misses", "exceptions: SVC"])
      expect(tracks).toContain(`PE ${pe} (neoverse-n1) / ${name}`);

  // With VHE the kernel's timer is the hypervisor's. Each arrow begins at its wire and ends with the interrupt.
  const wires = events.filter(({ track, type }) => /hypervisor physical timer .*PE 1/.test(track) && type === 1);
  expect(wires.length).toBeGreaterThan(100);
  const ends = new Set(events.flatMap(({ endedFlows }) => endedFlows));
  const begun = new Set(events.flatMap(({ flows }) => flows));
  for (const { flows } of wires) expect(flows).toHaveLength(1);
  // At most those that are under way when the machine goes off.
  expect([...begun].filter((flow) => !ends.has(flow)).length).toBeLessThan(8);
});
