import type { DescriptorRecord } from "../../cpu/translation/fault-status.js";
import { inspectTranslation, type TranslationResult } from "../../cpu/translation/inspect.js";
import { AccessKind } from "../../cpu/translation/walker.js";
import { hex, type MonitorCommand, MonitorError, processorOf } from "./command.js";

const regimes = ["EL1&0", "EL2", "EL2&0", "EL3"] as const;

const faultNames: Readonly<Record<number, string>> = {
  0: "address size fault",
  4: "translation fault",
  8: "access flag fault",
  12: "permission fault",
  20: "external abort on a table walk",
};

function faultText(status: number): string {
  if (status === 0b010000) return "external abort";
  const name = faultNames[status & 0b111100];
  return name === undefined ? `fault status ${hex(status)}` : `${name}, level ${status & 3}`;
}

/** What kind of descriptor it is, by bits 1:0 and the level (DDI 0487 D5.3.1). */
function kindOf({ low, level }: DescriptorRecord): string {
  if ((low & 1) === 0) return "invalid";
  if ((low & 2) === 0) return level < 3 ? "block" : "reserved";
  return level < 3 ? "table" : "page";
}

/** Attributes of a block or page descriptor in the Arm ARM's names (D5.3.3). */
function attributesOf(descriptor: DescriptorRecord): string {
  const { low, high, stage } = descriptor;
  const bit = (word: number, n: number): boolean => ((word >>> n) & 1) !== 0;
  const kind = kindOf(descriptor);
  if (kind === "table") {
    if (stage === 2) return "";
    const names = [bit(high, 31) && "NSTable", `APTable=${(high >>> 29) & 3}`, bit(high, 28) && "UXNTable"];
    return [...names, bit(high, 27) && "PXNTable"].filter(Boolean).join(" ");
  }
  if (kind !== "block" && kind !== "page") return "";
  const shared = [
    `SH=${(low >>> 8) & 3}`,
    `AF=${(low >>> 10) & 1}`,
    bit(high, 20) && "Contiguous",
    bit(high, 19) && "DBM",
  ];
  const own =
    stage === 1
      ? [
          `AttrIndx=${(low >>> 2) & 7}`,
          bit(low, 5) && "NS",
          `AP=${(low >>> 6) & 3}`,
          bit(low, 11) && "nG",
          bit(high, 18) && "GP",
          bit(high, 21) && "PXN",
          bit(high, 22) && "UXN",
        ]
      : [
          `MemAttr=${((low >>> 2) & 15).toString(2).padStart(4, "0")}`,
          `S2AP=${(low >>> 6) & 3}`,
          `XN=${(high >>> 21) & 3}`,
        ];
  return [...own, ...shared].filter(Boolean).join(" ");
}

function descriptorLine(descriptor: DescriptorRecord): string {
  const { stage, level, address, low, high, secure } = descriptor;
  const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const attributes = attributesOf(descriptor);
  // Walks of stage 2 for the address of a stage 1 descriptor come before it.
  return `${stage === 2 ? "    " : "  "}stage ${stage} level ${level}: [${hex(address)}${secure ? " Secure" : ""}] = 0x${value
    .toString(16)
    .padStart(16, "0")}, ${kindOf(descriptor)}${attributes && `: ${attributes}`}`;
}

/** A translation in words: regime, every descriptor, then where it leads or why it doesn't. */
export function describeTranslation(result: TranslationResult, el: number, kind: string): string {
  const lines = [`${hex(result.virtualAddress)}, ${kind} at EL${el}, ${regimes[result.regime]} regime:`];
  lines.push(...result.descriptors.map(descriptorLine));
  const { fault, physicalAddress } = result;
  if (result.descriptors.length === 0)
    lines.push(fault === undefined ? "  no tables: stage 1 is off" : "  no table was read");
  if (fault !== undefined || physicalAddress === undefined) {
    const stage = fault?.stage === 2 ? `stage 2${fault.onWalk ? " on a stage 1 walk" : ""}` : "stage 1";
    const ipa = fault?.intermediateAddress === undefined ? "" : ` of IPA ${hex(fault.intermediateAddress)}`;
    lines.push(`fault: ${faultText(fault?.status ?? 0)}, ${stage}${ipa}`);
    return lines.join("\n");
  }
  const permissions = [result.readable ? "r" : "-", result.writable ? "w" : "-", result.executable ? "x" : "-"].join(
    "",
  );
  const space = result.nonSecure ? "" : " Secure";
  const type = result.device ? "Device" : "Normal";
  lines.push(
    `physical address: ${hex(physicalAddress)}${space}, ${permissions}, ${type}, attributes 0x${result.attributes
      .toString(16)
      .padStart(2, "0")}, mapped by ${sizeText(result.blockSize)}${result.global ? ", global" : ""}`,
  );
  return lines.join("\n");
}

/** A size in the largest unit that divides it. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; unit < units.length - 1 && bytes % 1024 === 0; unit++) bytes /= 1024;
  return `${bytes} ${units[unit]}`;
}

const kinds = Object.keys(AccessKind);

export const translationCommands: Readonly<Record<string, MonitorCommand>> = {
  translate: {
    usage: "translate ADDRESS [read|write|execute] [el=N]",
    help: "how an address is translated now, or by EL N with the registers as they are: every descriptor of both stages",
    run: (context, argument) => {
      const [target = "", ...words] = argument.split(/\s+/);
      const pe = processorOf(context);
      let kind = "read";
      let el = pe.el;
      for (const word of words) {
        const level = /^el=([0-3])$/.exec(word)?.[1];
        if (level !== undefined) el = Number(level);
        else if (kinds.includes(word)) kind = word;
        else throw new MonitorError(`'${word}' is none of ${kinds.join(", ")} and el=0 to el=3`);
      }
      if (target === "")
        throw new MonitorError("an address is missing, then perhaps one of read, write, execute, and el=N");
      if ((el === 2 && !pe.haveEl2) || (el === 3 && !pe.haveEl3)) throw new MonitorError(`the PE has no EL${el}`);
      const result = inspectTranslation(pe, context.evaluate(target), kind as keyof typeof AccessKind, el);
      return describeTranslation(result, el, kind);
    },
  },
  gva2gpa: {
    usage: "gva2gpa ADDRESS",
    help: "the physical address that a virtual one leads to",
    run: (context, argument) => {
      const { physicalAddress } = inspectTranslation(processorOf(context), context.evaluate(argument));
      return physicalAddress === undefined ? "Unmapped" : `gpa: ${hex(physicalAddress)}`;
    },
  },
};
