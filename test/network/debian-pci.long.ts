/**
 * Debian on PCI: disk, console, entropy, shared folder and network by virtio-pci, with messages through the ITS, and
 * connections in both directions. What the guest says is the same on QEMU. `npm run test:long`; needs what
 * `trapeze get debian` fetches.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findDebian } from "../../src/cli/debian/cache.js";
import { fileType, writeCpio } from "../../src/cli/debian/cpio.js";

const steps = fileURLToPath(new URL("guest-steps.sh", import.meta.url));
const trapeze = fileURLToPath(new URL("../../bin/trapeze.js", import.meta.url));
const modules = ["virtio_pci", "virtio_blk", "virtio_rng", "virtio_console", "virtio_net", "9pnet_virtio", "9p"];
const megabytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trapeze-network-"));
  writeFileSync(
    join(folder, "disk.img"),
    Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7 + (i >> 9)) & 0xff),
  );
  writeFileSync(join(folder, "note"), "from a folder of the host's");
  server = createServer((request, response) => {
    if (request.url === "/page") response.end("from the host");
    else if (request.url === "/megabytes") response.end(megabytes);
    else {
      let length = 0;
      request.on("data", (bytes: Buffer) => void (length += bytes.length));
      request.on("end", () => response.end(`${length} bytes`));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A port that nobody listens at now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
  return port;
}

/** What a server in the guest says to one connection from outside; "" when it doesn't listen yet. */
function visit(port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.0\r\n\r\n"));
    socket.on("data", (bytes) => void (answer += bytes.toString("latin1")));
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(answer));
    // A refusal, or a reset: "close" comes next.
    socket.on("error", () => {});
  });
}

/** Visits until the server is there: it is started after the line that announces it. */
async function visitOften(port: number, over: () => boolean): Promise<string> {
  for (let answer = ""; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    answer = await visit(port);
    if (answer !== "" || over()) return answer;
  }
}

/** The lines that the guest's steps print, and what its server answered. */
async function run(program: readonly string[], processors: number): Promise<{ lines: string[]; answer: string }> {
  const debian = findDebian("debian");
  if (!debian) throw new Error("Debian isn't here yet; fetch it with: npx trapeze get debian");
  const extra = writeCpio([{ path: "steps", mode: fileType.file | 0o755, content: readFileSync(steps) }]);
  writeFileSync(join(folder, "initrd"), Buffer.concat([readFileSync(debian.initramfs), gzipSync(extra)]));
  const { port } = server.address() as AddressInfo;
  const forwarded = await freePort();
  const words = `console=ttyAMA0 quiet trapeze.modules=${modules} trapeze.port=${port} trapeze.command=/steps`;
  const [command, ...first] = program;
  const machine = spawn(
    command!,
    [
      ...first,
      ...["-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-smp", String(processors), "-m", "512", "-nodefaults"],
      ...[
        "-kernel",
        debian.image,
        "-initrd",
        join(folder, "initrd"),
        "-append",
        words,
        "-nographic",
        "-serial",
        "stdio",
      ],
      ...["-drive", `file=${folder}/disk.img,if=none,id=d,format=raw,snapshot=on`],
      ...["-device", "virtio-blk-pci,drive=d,addr=0x5", "-device", "virtio-rng-pci"],
      ...["-chardev", "null,id=c", "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=c"],
      ...["-fsdev", `local,id=f,path=${folder},security_model=none,readonly=on`],
      ...["-device", "virtio-9p-pci,fsdev=f,mount_tag=host"],
      ...["-netdev", `user,id=n,hostfwd=tcp:127.0.0.1:${forwarded}-:80`, "-device", "virtio-net-pci,netdev=n"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  let ended = false;
  let answer: Promise<string> | undefined;
  machine.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString("latin1");
    if (!answer && output.includes("served")) answer = visitOften(forwarded, () => ended);
  });
  const status = await new Promise<number | null>((resolve) => machine.on("close", resolve));
  ended = true;
  expect(status, output).toBe(0);
  const all = output.replaceAll("\r", "").split("\n");
  const begin = all.findIndex((line) => line.startsWith("trapeze: shell ready"));
  const lines = all.slice(
    begin + 1,
    all.findIndex((line) => line.includes("/steps ended with")),
  );
  return { lines: lines.filter((line) => !line.startsWith("[")), answer: (await answer) ?? "" };
}

it.each([1, 2])("Debian says the same of PCI and the network as on QEMU, with %d PEs", async (processors) => {
  const ours = await run([process.execPath, trapeze, "run"], processors);
  // Unless told, QEMU gives a disk a queue for each PE.
  const theirs = await run(["qemu-system-aarch64", "-global", "virtio-blk-pci.num-queues=1"], processors);
  expect(ours).toEqual(theirs);
  expect(ours.lines).toContain("page from the host");
  expect(ours.lines).toContain("posted 1000000 bytes");
  expect(ours.lines).toContain("address 10.0.2.15/24, default via 10.0.2.2 dev eth0 ");
  expect(ours.lines.filter((line) => /^message virtio.* used$/.test(line)).length).toBeGreaterThan(4);
  expect(ours.answer).toContain("from the guest");
});
