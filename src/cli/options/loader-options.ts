import { UserError } from "../errors.js";
import type { Properties } from "./properties.js";
import type { RunConfiguration } from "./run-configuration.js";
import { parseSwitch, parseWhole } from "./values.js";

/** `-device guest-loader,addr=,kernel=FILE[,bootargs=TEXT]` or `...,initrd=FILE`. */
export function applyGuestLoader(configuration: RunConfiguration, properties: Properties): void {
  const address = parseWhole(properties.require("addr"), properties.nameOf("addr"));
  const kernel = properties.get("kernel");
  const initrd = properties.get("initrd");
  const commandLine = properties.get("bootargs");
  const option = properties.nameOf("kernel").replace(/: kernel$/, "");
  if (kernel && initrd) throw new UserError(`${option}: kernel= and initrd= are for two guest-loaders, not for one`);
  const file = kernel || initrd;
  if (!file) throw new UserError(`${option} needs kernel= or initrd=`);
  if (!kernel && commandLine !== undefined) throw new UserError(`${option}: bootargs= is for a kernel`);
  configuration.modules.push({
    kind: kernel ? "kernel" : "ramdisk",
    address,
    file,
    ...(commandLine === undefined ? {} : { commandLine }),
  });
}

/**
 * `-device loader,file=FILE[,addr=][,force-raw=on][,cpu-num=]` puts a file into memory, `loader,addr=,data=,data-len=` a value,
 * `loader,addr=,cpu-num=` sets a PE's pc.
 */
export function applyLoader(configuration: RunConfiguration, properties: Properties): void {
  const number = (key: string, minimum = 0, maximum?: number): number | undefined => {
    const text = properties.get(key);
    return text === undefined ? undefined : parseWhole(text, properties.nameOf(key), minimum, maximum);
  };
  const flag = (key: string): boolean => parseSwitch(properties.get(key) ?? "off", properties.nameOf(key));
  const option = properties.nameOf("file").replace(/: file$/, "");
  const file = properties.get("file");
  const address = number("addr");
  const processor = number("cpu-num");
  const raw = flag("force-raw");
  const length = number("data-len", 1, 8);
  const bigEndian = flag("data-be");
  const text = properties.get("data");
  const found = {
    address: address ?? 0,
    ...(processor === undefined ? {} : { processor }),
  };
  if (file) {
    if (text !== undefined || length !== undefined)
      throw new UserError(`${option}: file= and data= are for two loaders, not for one`);
    configuration.loaders.push({ ...found, file, raw });
    return;
  }
  if (address === undefined) throw new UserError(`${option} needs addr= or file=`);
  if (text !== undefined || length !== undefined) {
    if (text === undefined || length === undefined) throw new UserError(`${option} needs both data= and data-len=`);
    const data = valueBytes(text, length, bigEndian, properties.nameOf("data"));
    configuration.loaders.push({ ...found, data });
    return;
  }
  if (processor === undefined) throw new UserError(`${option} needs file=, data= or cpu-num=`);
  configuration.loaders.push(found);
}

function valueBytes(text: string, length: number, bigEndian: boolean, option: string): Uint8Array {
  if (!/^(\d+|0x[0-9a-f]+)$/i.test(text) || BigInt(text) >= 2n ** 64n)
    throw new UserError(`${option}: '${text}' is not a whole number of 64 bits`);
  // As QEMU: data-be turns all eight bytes around, and the first ones are written.
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text), !bigEndian);
  return bytes.subarray(0, length);
}
