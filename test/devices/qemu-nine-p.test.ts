import { chmodSync, lutimesSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NodeFileSystem } from "../../src/cli/backends/node-file-system.js";
import { Virtio9P, VirtioMmio } from "../../src/devices/index.js";
import { essence, message, u8, u16, u32, u64 } from "./nine-p-client.js";
import { DATA_BASE, RAM_BASE, RAM_BYTES, runOnModels, runOnQemu, Script } from "./script.js";
import { RecordingIrq, RecordingLog, TestRam } from "./support.js";
import { VirtioDriver } from "./virtio-driver.js";

const SLOT = 0x0a000000;
const REQUEST = DATA_BASE + 0x10000;
const ANSWER = DATA_BASE + 0x20000;
const ANSWER_BYTES = 512;
const NONE = 0xffffffff;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trapeze-9p-"));
  writeFileSync(join(folder, "hello"), "Hello, guest!\n");
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "sub", "deep"), "x".repeat(300));
  symlinkSync("sub/deep", join(folder, "link"));
  symlinkSync("/etc", join(folder, "outside"));
  chmodSync(join(folder, "hello"), 0o640);
  for (const name of ["hello", "sub/deep", "sub", "link", "outside", "."])
    lutimesSync(join(folder, name), 1_000_000_000, 1_100_000_000);
  return folder;
}

const walk = (fid: number, to: number, ...names: string[]) =>
  message(110, u32(fid), u32(to), u16(names.length), ...names);
const getattr = (fid: number) => message(24, u32(fid), u64(0x7ff));
const clunk = (fid: number) => message(120, u32(fid));

const READING: readonly Uint8Array[] = [
  message(100, u32(8192), "9P2000.L"),
  message(104, u32(0), u32(NONE), "root", "", u32(0)),
  getattr(0),
  walk(0, 1, "hello"),
  getattr(1),
  message(12, u32(1), u32(0)),
  message(116, u32(1), u64(0), u32(100)),
  message(116, u32(1), u64(7), u32(3)),
  message(116, u32(1), u64(1000), u32(10)),
  walk(1, 2),
  walk(1, 1),
  clunk(1),
  // A walk of several names, a short one, one that fails at once, and one past a file.
  walk(0, 1, "sub", "deep"),
  getattr(1),
  walk(0, 3, "sub", "nothing"),
  walk(0, 3, "nothing"),
  walk(1, 3, "x"),
  // ".." at the root stays there.
  walk(0, 3, "..", "..", "hello"),
  walk(0, 4, "sub", "..", "sub"),
  walk(0, 5, "link"),
  getattr(5),
  message(22, u32(5)),
  message(22, u32(1)),
  // Symbolic links are not followed.
  walk(0, 6, "outside", "passwd"),
  walk(0, 6),
  message(12, u32(6), u32(0)),
  message(40, u32(6), u64(0), u32(400)),
  message(12, u32(5), u32(0)),
  message(102, u32(9), "root", ""),
  message(108, u16(9)),
];

const WRITING: readonly Uint8Array[] = [
  message(100, u32(8192), "9P2000.L"),
  message(104, u32(0), u32(NONE), "root", "", u32(0)),
  walk(0, 1),
  // Create, write, read back.
  message(14, u32(1), "new", u32(2), u32(0o600), u32(0)),
  message(118, u32(1), u64(0), u32(5), new TextEncoder().encode("abcde")),
  message(118, u32(1), u64(10), u32(2), new TextEncoder().encode("xy")),
  message(116, u32(1), u64(0), u32(50)),
  message(50, u32(1), u32(0)),
  message(52, u32(1), u8(1), u32(0), u64(0), u64(0), u32(1), "me"),
  message(54, u32(1), u8(1), u64(0), u64(0), u32(1), "me"),
  clunk(1),
  walk(0, 1),
  message(14, u32(1), "new", u32(0o200 | 2), u32(0o600), u32(0)),
  message(72, u32(0), "folder", u32(0o750), u32(0)),
  message(72, u32(0), "folder", u32(0o750), u32(0)),
  message(16, u32(0), "symbolic", "some/where", u32(0)),
  message(18, u32(0), "node", u32(0o100644), u32(0), u32(0), u32(0)),
  walk(0, 2, "symbolic"),
  message(22, u32(2)),
  walk(0, 3, "new"),
  message(70, u32(0), u32(3), "linked"),
  message(
    26,
    u32(3),
    u32(1 | 16 | 32 | 128 | 256),
    u32(0o604),
    u32(0),
    u32(0),
    u64(0),
    u64(5),
    u64(6000),
    u64(8),
    u64(9000),
  ),
  getattr(3),
  message(26, u32(3), u32(8), u32(0), u32(0), u32(0), u64(7), u64(0), u64(0), u64(0), u64(0)),
  message(26, u32(3), u32(32 | 256), u32(0), u32(0), u32(0), u64(0), u64(0), u64(0), u64(8), u64(9000)),
  getattr(3),
  message(74, u32(0), "new", u32(0), "folder/x"),
  walk(0, 4, "folder"),
  message(74, u32(0), "new", u32(4), "moved"),
  // The fid follows the file.
  getattr(3),
  walk(0, 5, "folder", "moved"),
  message(76, u32(0), "folder", u32(0x200)),
  message(76, u32(0), "folder", u32(0)),
  message(76, u32(0), "hello", u32(0x200)),
  message(76, u32(0), "linked", u32(0)),
  message(76, u32(4), "moved", u32(0)),
  message(76, u32(0), "folder", u32(0x200)),
  walk(0, 6, "folder"),
  walk(0, 6),
  message(12, u32(6), u32(0)),
  message(40, u32(6), u64(0), u32(400)),
];

it.each([
  ["reading", READING],
  ["writing", WRITING],
])("virtio-9p answers as QEMU's does: %s", (_, messages) => {
  const folders = [makeFolder(), makeFolder()] as const;
  try {
    const script = new Script();
    const driver = new VirtioDriver(script, SLOT, DATA_BASE).start();
    for (const bytes of messages) {
      script.store(REQUEST, bytes);
      driver.submit([
        { address: REQUEST, length: bytes.length },
        { address: ANSWER, length: ANSWER_BYTES, writable: true },
      ]);
      script.load(ANSWER, ANSWER_BYTES);
    }
    const ram = new TestRam(RAM_BASE, RAM_BYTES);
    const device = new Virtio9P({ files: new NodeFileSystem(folders[0], { readOnly: false }), mountTag: "host" });
    const log = new RecordingLog();
    const slot = new VirtioMmio({ irq: new RecordingIrq(), dma: ram, log, device });
    const ours = runOnModels(script, new Map([[SLOT, slot]]), ram);
    const theirs = runOnQemu(script, [
      ...["-global", "virtio-mmio.force-legacy=false", "-fsdev", `local,id=f,path=${folders[1]},security_model=none`],
      ...["-device", "virtio-9p-device,fsdev=f,mount_tag=host,bus=virtio-mmio-bus.0"],
    ]);
    const answers = (results: readonly bigint[]) =>
      messages.map((sent, i) => {
        const part = results.slice(i * ANSWER_BYTES, (i + 1) * ANSWER_BYTES);
        return [`${i}: T${sent[4]}`, ...essence(Uint8Array.from(part, Number))];
      });
    expect(answers(ours)).toEqual(answers(theirs));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
});
