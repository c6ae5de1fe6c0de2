import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { program } from "../../../test/support/program.js";
import { Machine } from "../../board/machine.js";
import { bytesOf, PacketReader, packet, textOf } from "./packets.js";
import { GdbSession } from "./session.js";

/** add x0, x0, #1; str x0, [x1]; b . - 8 */
const loop = program(0x9100_0400, 0xf900_0020, 0x17ff_fffe);
const start = "40000000";

/** A session with a machine that executes `loop`, spoken with in packets. */
class Conversation {
  readonly #sent: string[] = [];
  readonly #reader = new PacketReader();
  #arrived: () => void = () => {};
  readonly #session: GdbSession;
  readonly ended: Promise<unknown>;

  constructor(
    readonly machine: Machine,
    instructions?: number,
  ) {
    this.#session = new GdbSession(machine, {
      send: (bytes) => {
        for (const item of this.#reader.push(bytes)) if (item.kind === "packet") this.#sent.push(textOf(item.data));
        this.#arrived();
      },
      closed: () => {},
      kill: () => machine.stop(),
      monitor: (line, pe) => `${line} ${pe}`,
    });
    this.ended = machine.run(instructions === undefined ? {} : { instructions });
  }

  static async begin(options: { processors?: number } = {}): Promise<Conversation> {
    const conversation = new Conversation(await Machine.create({ kernel: loop, memory: 2 ** 20, ...options }));
    expect(await conversation.ask("QStartNoAckMode")).toBe("OK");
    expect(await conversation.ask("?")).toBe("T05thread:01;");
    return conversation;
  }

  send(text: string): void {
    this.#session.receive(packet(bytesOf(text)));
  }

  raw(bytes: Uint8Array): void {
    this.#session.receive(bytes);
  }

  /** The next packet that comes. */
  async answer(): Promise<string> {
    while (this.#sent.length === 0)
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    return this.#sent.shift()!;
  }

  ask(text: string): Promise<string> {
    this.send(text);
    return this.answer();
  }
}

const open: Conversation[] = [];
const begin = async (options?: { processors?: number }): Promise<Conversation> => {
  const conversation = await Conversation.begin(options);
  open.push(conversation);
  return conversation;
};
/** The description of the system registers, in pieces of 256 bytes. */
async function systemRegistersOf(gdb: Conversation): Promise<string> {
  let xml = "";
  for (;;) {
    const piece = await gdb.ask(`qXfer:features:read:system-registers.xml:${xml.length.toString(16)},100`);
    xml += piece.slice(1);
    if (piece[0] === "l") return xml;
  }
}

afterEach(async () => {
  for (const { machine, ended } of open.splice(0)) {
    machine.stop();
    await ended;
  }
});

describe("a GDB session", () => {
  it("tells what it can", async () => {
    const gdb = await begin();
    expect(await gdb.ask("qSupported:swbreak+")).toContain("qXfer:features:read+");
    expect(await gdb.ask("vCont?")).toBe("vCont;c;C;s;S;t;r");
    expect(await gdb.ask("qfThreadInfo")).toBe("m01");
    expect(await gdb.ask("qsThreadInfo")).toBe("l");
    expect(await gdb.ask("qC")).toBe("QC01");
    expect(await gdb.ask("vMustReplyEmpty")).toBe("");
    expect(await gdb.ask("qRcmd,696e666f")).toBe("O696e666f20300a");
    expect(await gdb.answer()).toBe("OK");
  });

  it("describes the target in pieces", async () => {
    const gdb = await begin();
    const xml = await systemRegistersOf(gdb);
    expect(xml).toContain('<reg name="SCTLR_EL1" bitsize="64"');
    expect(xml).not.toMatch(/ICC_IAR|ICC_EOIR|HCR_EL2|SCR_EL3/);
    expect(await gdb.ask("qXfer:features:read:none.xml:0,100")).toBe("E00");
  });

  it("reads and writes registers and memory", async () => {
    const gdb = await begin();
    expect(await gdb.ask("P0=8877665544332211")).toBe("OK");
    expect(await gdb.ask("p0")).toBe("8877665544332211");
    expect((await gdb.ask("g")).length).toBe(33 * 16 + 8);
    expect(await gdb.ask("p20")).toBe("0000004000000000");
    expect(await gdb.ask(`m${start},8`)).toBe("00040091200000f9");
    expect(await gdb.ask("M40001000,3:010203")).toBe("OK");
    expect(await gdb.ask("X40001003,2:#}")).toBe("OK");
    expect(await gdb.ask("m40001000,5")).toBe("010203237d");
    expect(await gdb.ask("x40001000,3")).toBe("b\x01\x02\x03");
    expect(await gdb.ask("m30,4")).toBe("00000000");
    expect(await gdb.ask("mc0000000,4")).toBe("E14");
    expect(await gdb.ask("p9999")).toBe("E22");
  });

  it("writes system registers, but for those that nobody may write", async () => {
    const gdb = await begin();
    const xml = await systemRegistersOf(gdb);
    const names = [...xml.matchAll(/<reg name="(\w+)"/g)].map((match) => match[1]!);
    // x0 to x30, sp, pc, cpsr, v0 to v31, fpsr and fpcr come before them.
    const number = (name: string): string => (34 + 34 + names.indexOf(name)).toString(16);
    expect(await gdb.ask(`P${number("TPIDR_EL1")}=0100000000000000`)).toBe("OK");
    expect(gdb.machine.readRegister(0, "TPIDR_EL1")).toBe(1n);
    const main = gdb.machine.readRegister(0, "MIDR_EL1");
    expect(await gdb.ask(`P${number("MIDR_EL1")}=0500000000000000`)).toBe("E22");
    expect(gdb.machine.readRegister(0, "MIDR_EL1")).toBe(main);
  });

  it("steps, and steps a range", async () => {
    const gdb = await begin();
    expect(await gdb.ask("P1=0010004000000000")).toBe("OK");
    expect(await gdb.ask("vCont;s:1")).toBe("T05thread:01;");
    expect(await gdb.ask("p20")).toBe("0400004000000000");
    expect(gdb.machine.instructions).toBe(1);
    expect(await gdb.ask("vCont;r40000004,40000008:1")).toBe("T05thread:01;");
    expect(await gdb.ask("p20")).toBe("0800004000000000");
  });

  it("stops at breakpoints without changing memory, and again when hot", async () => {
    const gdb = await begin();
    await gdb.ask("P1=0010004000000000");
    for (const type of [0, 1]) {
      expect(await gdb.ask(`Z${type},40000008,4`)).toBe("OK");
      expect(await gdb.ask("vCont;c")).toBe("T05thread:01;");
      expect(await gdb.ask("p20")).toBe("0800004000000000");
      expect(await gdb.ask("m40000008,4")).toBe("feffff17");
      expect(await gdb.ask(`z${type},40000008,4`)).toBe("OK");
      expect(await gdb.ask("vCont;s")).toBe("T05thread:01;");
    }
    // Long enough for the loop to be compiled.
    gdb.send("vCont;c");
    while (gdb.machine.instructions < 3_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
    gdb.raw(Uint8Array.of(3));
    expect(await gdb.answer()).toBe("T02thread:01;");
    expect(await gdb.ask("Z0,40000004,4")).toBe("OK");
    const before = gdb.machine.readRegister(0, "X0");
    expect(await gdb.ask("vCont;c")).toBe("T05thread:01;");
    expect(gdb.machine.readRegister(0, "PC")).toBe(0x4000_0004n);
    expect(gdb.machine.readRegister(0, "X0") - before).toBeLessThan(2n);
  });

  it("stops before watched accesses", async () => {
    const gdb = await begin();
    await gdb.ask("P1=0010004000000000");
    expect(await gdb.ask("Z2,40001004,4")).toBe("OK");
    expect(await gdb.ask("vCont;c")).toBe("T05thread:01;watch:40001004;");
    expect(await gdb.ask("p20")).toBe("0400004000000000");
    expect(await gdb.ask("m40001000,8")).toBe("0000000000000000");
    expect(gdb.machine.instructions).toBe(1);
    expect(await gdb.ask("z2,40001004,4")).toBe("OK");
    expect(await gdb.ask("Z3,40001000,8")).toBe("OK");
    expect(await gdb.ask("Z4,40001001,1")).toBe("OK");
    expect(await gdb.ask("vCont;c")).toBe("T05thread:01;awatch:40001001;");
    expect(await gdb.ask("z4,40001001,1")).toBe("OK");
    expect(await gdb.ask("vCont;s")).toBe("T05thread:01;");
    expect(await gdb.ask("m40001000,8")).toBe("0100000000000000");
  });

  it("detaches, and the machine goes on", async () => {
    const gdb = await begin();
    await gdb.ask("P1=0010004000000000");
    await gdb.ask("Z0,40000008,4");
    expect(await gdb.ask("D")).toBe("OK");
    while (gdb.machine.instructions < 1000) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(gdb.machine.debug.stopped).toBe(false);
  });

  it("kills", async () => {
    const gdb = await Conversation.begin();
    gdb.send("k");
    expect(await gdb.ended).toEqual({ kind: "stopped" });
  });

  it("survives nonsense", async () => {
    const gdb = await begin({ processors: 2 });
    const letters = "?qQvgGpPmMxXzZHTcsCS!,:;=-0123456789abcdefR";
    const text = fc.array(fc.constantFrom(...letters), { maxLength: 24 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (nonsense) => {
        // Detaching and killing are asked for by one letter.
        if (/^[Dk]|^vKill/.test(nonsense)) return;
        gdb.send(nonsense);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

it("leaves no trace in a run that was stopped, stepped and watched", async () => {
  const run = async (debug?: (gdb: Conversation) => Promise<void>): Promise<string> => {
    const machine = await Machine.create({ kernel: loop, memory: 2 ** 20, processors: 2 });
    machine.writeRegister(0, "X1", 0x4000_1000n);
    machine.writeRegister(1, "X1", 0x4000_2000n);
    machine.writeRegister(1, "PC", 0x4000_0000n);
    machine.debug.processors[1]!.poweredOff = false;
    if (!debug) await machine.run({ instructions: 500_000 });
    else {
      const gdb = new Conversation(machine, 500_000);
      await debug(gdb);
      await gdb.ended;
    }
    return machine.stateHash();
  };
  const plain = await run();
  const debugged = await run(async (gdb) => {
    await gdb.ask("QStartNoAckMode");
    await gdb.ask("?");
    await gdb.ask("Z0,40000004,4");
    for (let n = 0; n < 20; n++) {
      await gdb.ask("vCont;c");
      await gdb.ask("z0,40000004,4");
      await gdb.ask("vCont;s:1;c");
      await gdb.ask("Z0,40000004,4");
    }
    await gdb.ask("z0,40000004,4");
    await gdb.ask("Z2,40002000,8");
    await gdb.ask("vCont;c");
    await gdb.ask("z2,40002000,8");
    gdb.send("D");
  });
  expect(debugged).toBe(plain);
});
