import { describe, expect, it } from "vitest";
import { placeDevices } from "./device-places.js";
import type { MachineDevice } from "./machine-options.js";

const rng = (bus?: "mmio" | "pci", slot?: number): MachineDevice => ({
  kind: "virtio-rng",
  ...(bus === undefined ? {} : { bus }),
  ...(slot === undefined ? {} : { slot }),
});

describe("devices take", () => {
  it("the highest virtio-mmio slots and the lowest of PCI, around those that were asked for", () => {
    const devices = [rng(), rng("pci"), rng("mmio"), rng("mmio", 30), rng("pci", 1), rng("pci")];
    const places = placeDevices(devices);
    if (typeof places === "string") throw new Error(places);
    expect([places.mmio.indexOf(devices[0]), places.mmio.indexOf(devices[2])]).toEqual([31, 29]);
    expect([places.pci.indexOf(devices[1]), places.pci.indexOf(devices[5])]).toEqual([2, 3]);
    expect([places.mmio[30], places.pci[1]]).toEqual([devices[3], devices[4]]);
  });

  it.each([
    [[rng("pci", 0)], "there are PCI slots 1 to 31, no slot 0"],
    [[rng("mmio", 32)], "there are virtio-mmio slots 0 to 31, no slot 32"],
    [[rng("pci", 4), rng("pci", 4)], "PCI slot 4 is given to two devices"],
    [Array.from({ length: 33 }, () => rng()), "the board has virtio-mmio slots for 32 devices, and more were given"],
    [Array.from({ length: 32 }, () => rng("pci")), "the PCI bus has slots for 31 devices, and more were given"],
  ])("no slot that isn't there (%#)", (devices, sentence) => {
    expect(placeDevices(devices)).toBe(sentence);
  });
});
