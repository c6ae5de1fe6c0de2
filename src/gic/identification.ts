/** GICD_IIDR and GICR_IIDR: implementer Arm (0x43b), product, variant and revision 0, as QEMU reports. */
export const implementerIdentification = 0x43b;

/** PIDR0 of the frames, by which QEMU tells them apart. */
export const distributorPart = 0x92;
export const redistributorPart = 0x93;
export const itsPart = 0x94;

/** PIDR4-7, PIDR0-3, CIDR0-3 (IHI 0069, 12.1.2): PIDR2.ArchRev 3 is GICv3. */
const identificationBytes = [0x44, 0, 0, 0, 0, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1];

/** The value at `offset` within the 64 KB frame of `part`, or undefined below 0xffd0. */
export function readIdentification(offset: number, part: number): number | undefined {
  if (offset < 0xffd0) return undefined;
  const index = (offset - 0xffd0) >> 2;
  return index === 4 ? part : identificationBytes[index];
}
