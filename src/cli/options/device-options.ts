import { UserError } from "../errors.js";
import { applyGuestLoader, applyLoader } from "./loader-options.js";
import { Properties } from "./properties.js";
import type { FlashOption, RunConfiguration } from "./run-configuration.js";
import { suggestion } from "./suggest.js";
import { parseChoice, parseSwitch, parseWhole } from "./values.js";
import { virtioDevices } from "./virtio-devices.js";

/** Devices of `-device`: what each one reads from its properties. */
const devices: Readonly<Record<string, (configuration: RunConfiguration, properties: Properties) => void>> = {
  ...virtioDevices,
  "guest-loader": applyGuestLoader,
  loader: applyLoader,
};

/** `-device NAME,property=value...` */
export function applyDevice(configuration: RunConfiguration, argument: string, option: string): void {
  const name = argument.split(",", 1)[0]!;
  const apply = Object.hasOwn(devices, name) ? devices[name] : undefined;
  if (!apply) {
    const names = Object.keys(devices);
    throw new UserError(`${option}: unknown device '${name}'; there are ${names.join(", ")}${suggestion(name, names)}`);
  }
  const properties = new Properties(`${option} ${name}`, argument, "driver");
  properties.get("driver");
  properties.get("id");
  apply(configuration, properties);
  properties.finish();
}

/** `-drive file=...`: with if=none a backend for a -device, else (if=virtio, the default) the device too. */
export function applyDrive(configuration: RunConfiguration, argument: string, option: string): void {
  const properties = new Properties(option, argument);
  const connection = parseChoice(
    properties.get("if") ?? "virtio",
    ["none", "virtio", "pflash"],
    properties.nameOf("if"),
  );
  const format = properties.get("format") ?? "raw";
  if (format !== "raw")
    throw new UserError(`${properties.nameOf("format")}: '${format}' can't be read; only raw images can`);
  // The host's cache is always used; what matters is that flushes reach the disk, and they do.
  properties.get("cache");
  const flag = (key: string): boolean => parseSwitch(properties.get(key) ?? "off", properties.nameOf(key));
  const readOnlyKey = properties.get("read-only") === undefined ? "readonly" : "read-only";
  properties.get("readonly");
  const image = { file: properties.require("file"), readOnly: flag(readOnlyKey), snapshot: flag("snapshot") };
  if (connection === "pflash") {
    applyFlash(configuration, properties, image, option);
    return;
  }
  const id = properties.get("id") ?? `drive${configuration.drives.length}`;
  if (configuration.drives.some((drive) => drive.id === id))
    throw new UserError(`${option}: there are two drives with id=${id}`);
  const serial = properties.get("serial");
  properties.finish();
  configuration.drives.push({ id, ...image });
  if (connection === "virtio")
    configuration.devices.push({ kind: "virtio-blk", drive: id, ...(serial === undefined ? {} : { serial }) });
}

/** `-drive if=pflash`: a bank of flash, the first one that has no image unless unit= says which. */
function applyFlash(
  configuration: RunConfiguration,
  properties: Properties,
  image: Omit<FlashOption, "unit">,
  option: string,
): void {
  const given = properties.get("unit") ?? properties.get("index");
  properties.get("id");
  const free = [0, 1].find((unit) => !configuration.flash.some((bank) => bank.unit === unit));
  const unit = given === undefined ? free : parseWhole(given, properties.nameOf("unit"), 0, 1);
  properties.finish();
  if (unit === undefined) throw new UserError(`${option}: the board has two banks of flash`);
  if (configuration.flash.some((bank) => bank.unit === unit))
    throw new UserError(`${option}: flash bank ${unit} has an image already`);
  configuration.flash.push({ unit, ...image });
}

/** `-fsdev local,id=,path=,security_model=none[,readonly=on|off]`; folders are read-only unless asked. */
export function applyFsdev(configuration: RunConfiguration, argument: string, option: string): void {
  configuration.folders.push(folderFrom(new Properties(option, argument, "fsdriver"), option));
}

/** `-virtfs local,path=,mount_tag=,...`: a folder and its device in one. */
export function applyVirtfs(configuration: RunConfiguration, argument: string, option: string): void {
  const properties = new Properties(option, argument, "fsdriver");
  const tag = properties.require("mount_tag");
  const folder = folderFrom(properties, option, tag);
  configuration.folders.push(folder);
  configuration.devices.push({ kind: "virtio-9p", folder: folder.id, tag });
}

function folderFrom(properties: Properties, option: string, defaultId?: string) {
  const driver = properties.require("fsdriver");
  if (driver !== "local") throw new UserError(`${option}: '${driver}' isn't offered; local is`);
  const model = properties.get("security_model") ?? "none";
  if (model !== "none")
    throw new UserError(`${properties.nameOf("security_model")}: '${model}' isn't offered; none is`);
  const folder = {
    id: properties.get("id") ?? defaultId ?? properties.require("id"),
    path: properties.require("path"),
    readOnly: parseSwitch(properties.get("readonly") ?? "on", properties.nameOf("readonly")),
  };
  properties.finish();
  return folder;
}
