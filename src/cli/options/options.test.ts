import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { describeOptions, parseArguments } from "./parser.js";
import { defaultConfiguration } from "./run-configuration.js";
import { runOptions } from "./run-options.js";

function parse(...words: string[]) {
  const configuration = defaultConfiguration();
  const rest = parseArguments(words, runOptions, configuration);
  return { ...configuration, rest };
}

describe("the options of run", () => {
  it("are QEMU's, with one dash or two", () => {
    const c = parse(
      ...["-M", "virt,gic-version=3,virtualization=on", "-cpu", "max", "-smp", "cpus=4", "--m", "2G", "debian"],
      ...["-kernel", "Image", "-append", "console=ttyAMA0 a=-b", "-nographic", "-no-reboot", "--stats", "--state-hash"],
    );
    expect(c).toMatchObject({
      virtualization: true,
      cpu: "max",
      processors: 4,
      memory: 2 ** 31,
      kernel: "Image",
      append: "console=ttyAMA0 a=-b",
      noReboot: true,
      stats: "",
      stateHash: true,
      rest: ["debian"],
    });
  });

  it.each([
    ["512", 512 * 2 ** 20],
    ["512M", 512 * 2 ** 20],
    ["size=1g", 2 ** 30],
    ["4096K", 2 ** 22],
    ["1.5G", 1.5 * 2 ** 30],
  ])("-m %s is %d bytes", (text, bytes) => {
    expect(parse("-m", text).memory).toBe(bytes);
  });

  it("read drives and devices", () => {
    const c = parse(
      ...["-drive", "file=a,,b.img,if=none,id=hd0,format=raw,snapshot=on", "-device", "virtio-blk-device,drive=hd0"],
      ...["-drive", "file=c.img,readonly=on", "-device", "virtio-serial-device", "-device", "virtconsole,chardev=con"],
      ...["-chardev", "socket,id=con,host=::1,port=4000,server=on,wait=off", "-device", "virtio-rng-device,id=r"],
      ...["-fsdev", "local,id=f,path=/src,security_model=none,readonly=off"],
      ...[
        "-device",
        "virtio-9p-device,fsdev=f,mount_tag=src",
        "-virtfs",
        "local,path=/x,mount_tag=x,security_model=none",
      ],
    );
    expect(c.drives).toEqual([
      { id: "hd0", file: "a,b.img", readOnly: false, snapshot: true },
      { id: "drive1", file: "c.img", readOnly: true, snapshot: false },
    ]);
    expect(c.devices).toEqual([
      { kind: "virtio-blk", drive: "hd0" },
      { kind: "virtio-blk", drive: "drive1" },
      { kind: "virtio-console", chardev: "con" },
      { kind: "virtio-rng" },
      { kind: "virtio-9p", folder: "f", tag: "src" },
      { kind: "virtio-9p", folder: "x", tag: "x" },
    ]);
    expect(c.folders).toEqual([
      { id: "f", path: "/src", readOnly: false },
      { id: "x", path: "/x", readOnly: true },
    ]);
    expect(c.characterDevices.get("con")).toEqual({ kind: "tcp", host: "::1", port: 4000, server: true, wait: false });
  });

  it.each([
    ["stdio", { kind: "stdio" }],
    ["mon:stdio", { kind: "stdio" }],
    ["null", { kind: "null" }],
    ["file:/tmp/a:b", { kind: "file", path: "/tmp/a:b" }],
    ["tcp:localhost:4444", { kind: "tcp", host: "localhost", port: 4444, server: false, wait: true }],
    ["tcp::4444,server,nowait", { kind: "tcp", host: "localhost", port: 4444, server: true, wait: false }],
    ["tcp:[::1]:4444,server=on,wait=off", { kind: "tcp", host: "::1", port: 4444, server: true, wait: false }],
  ])("-serial %s", (text, target) => {
    expect(parse("-serial", text).serials).toEqual([target]);
  });

  it("place devices on PCI and virtio-mmio, and connect networks", () => {
    const c = parse(
      ...[
        "-M",
        "virt,its=off,highmem=off",
        "-drive",
        "file=a,if=none,id=d",
        "-device",
        "virtio-blk-pci,drive=d,addr=0x1f",
      ],
      ...["-device", "virtio-serial-pci,bus=pcie.0,addr=3.0", "-device", "virtconsole,chardev=c"],
      ...["-device", "virtio-rng", "-device", "virtio-rng-device,bus=virtio-mmio-bus.7"],
      ...["-netdev", "user,id=n,hostfwd=tcp::2222-:22,hostfwd=udp:127.0.0.1:53-10.0.2.15:53,restrict=on"],
      ...["-device", "virtio-net-pci,netdev=n,mac=52:54:00:aa:BB:0c", "-netdev", "hubport,id=h,hubid=3"],
      ...["-device", "virtio-net-device,netdev=h", "-nic", "user,model=virtio-net-pci", "-nic", "none"],
    );
    expect(c).toMatchObject({ its: false, highMemory: false });
    expect(c.devices).toEqual([
      { kind: "virtio-blk", drive: "d", bus: "pci", slot: 31 },
      { kind: "virtio-console", chardev: "c", bus: "pci", slot: 3 },
      { kind: "virtio-rng", bus: "pci" },
      { kind: "virtio-rng", slot: 7 },
      { kind: "virtio-net", network: "n", mac: Uint8Array.of(0x52, 0x54, 0, 0xaa, 0xbb, 0x0c), bus: "pci" },
      { kind: "virtio-net", network: "h" },
      { kind: "virtio-net", network: "nic2", bus: "pci" },
    ]);
    const forward = (
      protocol: string,
      hostAddress: string,
      hostPort: number,
      guestAddress: string,
      guestPort: number,
    ) => ({
      ...{ protocol, hostAddress, hostPort, guestAddress, guestPort },
    });
    expect(c.networks).toEqual([
      {
        kind: "user",
        id: "n",
        restricted: true,
        forwards: [forward("tcp", "", 2222, "", 22), forward("udp", "127.0.0.1", 53, "10.0.2.15", 53)],
      },
      { kind: "hub", id: "h", hub: 3 },
      { kind: "user", id: "nic2", restricted: false, forwards: [] },
    ]);
  });

  it("read semihosting, log items and limits", () => {
    const c = parse(
      ...["-semihosting-config", "enable=on,target=native,arg=prog,arg=-x", "-d", "int,guest_errors", "-D", "log"],
      ...["--max-instructions", "0x1000", "--no-jit", "--stats", "out.json", "-rtc", "base=2026-11-21T12:00:00"],
    );
    expect(c).toMatchObject({
      semihosting: true,
      semihostingArguments: ["prog", "-x"],
      logFile: "log",
      maxInstructions: 4096,
      jit: false,
      stats: "out.json",
      epoch: 1_795_262_400,
    });
    expect([...c.log]).toEqual(["int", "guest"]);
  });

  it.each([
    [["-kernal", "x"], "unknown option -kernal; did you mean -kernel?"],
    [["--no-jti"], "unknown option --no-jti; did you mean --no-jit?"],
    [["-xyzzyxyzzy"], "unknown option -xyzzyxyzzy"],
    [["-kernel"], "-kernel needs an argument: -kernel FILE"],
    [["-M", "raspi3b"], "-M: unknown machine 'raspi3b'; there is virt"],
    [["-M", "virt,gic-version=2"], "-M: gic-version: '2' isn't offered; 3 is"],
    [["-M", "virt,gicversion=3"], "-M has no property 'gicversion'; did you mean gic-version?"],
    [["-smp", "9"], "-smp: '9' is not a whole number from 1 to 8"],
    [["-smp", "0"], "-smp: '0' is not a whole number from 1 to 8"],
    [["-m", "lots"], "-m: 'lots' is not a size (512, 512M, 2G)"],
    [["-m", "1K"], "-m: RAM must be at least 1M and a whole number of 4 KB pages"],
    [
      ["-device", "virtio-blk-devise,drive=x"],
      /unknown device 'virtio-blk-devise'; .* did you mean virtio-blk-device\?$/,
    ],
    [["-device", "virtio-rng-pci,addr=20"], /^-device virtio-rng-pci: addr: '20' is no place for a device/],
    [["-device", "virtio-rng-pci,bus=pci.1"], /^-device virtio-rng-pci: bus: there is no PCI bus 'pci.1'/],
    [["-device", "virtio-rng-device,bus=x"], /^-device virtio-rng-device: bus: there is no virtio bus 'x'/],
    [["-device", "virtio-net-pci,netdev=a,mac=1:2"], /'1:2' is no Ethernet address/],
    [["-device", "virtio-net-pci,netdev=a,mac=01:2:3:4:5:6"], /is a group's address/],
    [["-netdev", "tap,id=a"], "-netdev: 'tap' isn't offered; user and hubport are"],
    [["-netdev", "user,id=a", "-netdev", "user,id=a"], "-netdev: there are two networks with id=a"],
    [["-netdev", "user,id=a,hostfwd=22-23"], /^-netdev: hostfwd: '22-23' isn't of the form/],
    [["-nic", "user,model=e1000"], /^-nic: model: 'e1000' isn't offered/],
    [["-device", "virtio-blk-device"], "-device virtio-blk-device needs drive="],
    [["-device", "virtio-rng-device,rng=x"], "-device virtio-rng-device has no property 'rng'"],
    [["-drive", "file=x,format=qcow2"], "-drive: format: 'qcow2' can't be read; only raw images can"],
    [["-drive", "file=x,id=a,if=none", "-drive", "file=y,id=a"], "-drive: there are two drives with id=a"],
    [["-drive", "file=x,snapshot=maybe"], "-drive: snapshot: 'maybe' is neither on nor off"],
    [["-serial", "stdoi"], /did you mean stdio\?$/],
    [["-serial", "tcp:host"], "-serial: 'tcp:host' names no port (tcp:HOST:PORT)"],
    [["-d", "int,gues_errors"], /'gues_errors' can't be logged; .* did you mean guest_errors\?$/],
    [["-display", "gtk"], "-display: 'gtk' isn't offered; none is"],
    [["-rtc", "base=yesterday"], "-rtc: 'yesterday' is neither utc nor a date"],
  ])("%j: one sentence", (words, message) => {
    const run = () => parse(...words);
    expect(run).toThrow(UserError);
    if (typeof message === "string") expect(run).toThrow(new UserError(message));
    else expect(run).toThrow(message);
  });

  it("are all in the help", () => {
    const help = describeOptions(runOptions);
    for (const { spellings } of runOptions) for (const spelling of spellings) expect(help).toContain(spelling);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(170);
  });
});
