import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runTool } from "../../../test/support/tools.js";
import { DeviceTreeError, readDeviceTree, writeDeviceTree } from "./blob.js";
import { cells, type DeviceTree, type DeviceTreeNode, empty, node, text } from "./tree.js";
import { virtDeviceTree } from "./virt.js";

const sample = (): DeviceTree => ({
  root: node("", { compatible: text("a", "b"), flag: empty }, [
    node("child@10", { reg: cells(0x10, 0x20), odd: new Uint8Array([1, 2, 3]) }, [node("inner", { flag: empty })]),
    node("other"),
  ]),
  reservations: [{ address: 0x1_2345_6789n, size: 0x1000n }],
  bootCpu: 3,
});

describe("the flattened device tree", () => {
  it("reads back what it wrote", () => {
    expect(readDeviceTree(writeDeviceTree(sample()))).toEqual(sample());
  });

  it("reads back any tree", () => {
    const name = fc.stringMatching(/^[a-z0-9,._+#?-]{1,31}$/);
    const properties = fc.dictionary(name, fc.uint8Array({ maxLength: 20 }), { maxKeys: 4, noNullPrototype: true });
    const tree: fc.Memo<DeviceTreeNode> = fc.memo((depth) =>
      fc
        .record({
          name,
          properties,
          children: depth <= 1 ? fc.constant<DeviceTreeNode[]>([]) : fc.array(tree(), { maxLength: 3 }),
        })
        .map((made) => node(made.name, made.properties, made.children)),
    );
    fc.assert(
      fc.property(tree(4), (root) => {
        expect(readDeviceTree(writeDeviceTree({ root, reservations: [], bootCpu: 0 })).root).toEqual(root);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("is what dtc reads and writes", () => {
    const source = runTool("dtc", ["-I", "dtb", "-O", "dts", "-"], writeDeviceTree(sample())).toString();
    expect(source).toContain("/memreserve/\t0x0000000123456789 0x0000000000001000;");
    expect(source).toContain('compatible = "a\\0b";');
    const again = readDeviceTree(runTool("dtc", ["-q", "-I", "dts", "-O", "dtb", "-"], Buffer.from(source)));
    expect({ ...again, bootCpu: 3 }).toEqual(sample());
  });

  it("passes dtc's checks for the virt board", () => {
    const tree = virtDeviceTree({
      processors: 4,
      compatible: "arm,cortex-a57",
      psciConduit: "hvc",
      memory: 2 ** 29,
      hasEl2: true,
      hasEl3: false,
      hasIts: true,
      hasFwCfg: true,
      hasPmu: true,
    });
    runTool(
      "dtc",
      ["-q", "-E", "reg_format", "-E", "interrupts_property", "-I", "dtb", "-O", "null", "-"],
      writeDeviceTree(tree),
    );
  });
});

describe("a broken blob", () => {
  const good = writeDeviceTree(sample());
  const read = (bytes: Uint8Array) => () => readDeviceTree(bytes);
  const changed = (offset: number, value: number): Uint8Array => {
    const bytes = good.slice();
    new DataView(bytes.buffer).setUint32(offset, value);
    return bytes;
  };

  it("is named for what it is", () => {
    expect(read(new Uint8Array(3))).toThrow("not a device tree blob");
    expect(read(changed(0, 1))).toThrow("not a device tree blob");
    expect(read(good.subarray(0, good.length - 8))).toThrow("cut short");
    expect(read(changed(20, 2))).toThrow("version 2");
    expect(read(changed(8, 0x4000))).toThrow("points outside");
    expect(read(changed(36, 12))).toThrow("ends in the middle of a node");
  });

  it("never gives anything but a DeviceTreeError", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = good.slice();
          for (const [offset, value] of changes) bytes[offset] = value;
          try {
            readDeviceTree(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DeviceTreeError);
          }
        },
      ),
      { numRuns: 3000, seed: 2 },
    );
  });
});
