import { type Builder, type Node, type VOperand, vector } from "../../ir/index.js";
import { type Definition, define, type Feature, instructions } from "../definition.js";
import type { Fields } from "../pattern.js";
import { dotProduct, multiply, multiplyAdd, multiplySubtract, type Ternary, type Widening } from "./elementwise.js";
import { doublingMultiplyAccumulateHigh, doublingMultiplyHigh, type SaturatingBinary } from "./saturating.js";
import { elementName, scalarName, vectorName } from "./text.js";
import {
  accumulate,
  multiplyLong,
  type SaturatingWidening,
  saturatingLong,
  writeSaturatingLong,
} from "./three-different.js";
import { lowElement, setSaturated, splatElement, vectorOf } from "./vector.js";

/** Halfwords use H:L:M as the index and V0 to V15, words H:L and any register. */
function indexOf(f: Fields): number {
  return f.size === 1 ? (f.H! << 2) | (f.L! << 1) | f.M! : (f.H! << 1) | f.L!;
}
function registerOf(f: Fields): number {
  return f.size === 1 ? f.Rm! : (f.M! << 4) | f.Rm!;
}

const sized = (f: Fields): boolean => f.size === 1 || f.size === 2;

type Registers = {
  readonly d: VOperand;
  readonly n: VOperand;
  readonly m: VOperand;
};

function operands(f: Fields): Registers {
  return { d: vector(f.Rd!), n: vector(f.Rn!), m: vector(registerOf(f)) };
}

const pattern = "size:2 L M Rm:4";

function plain(mnemonic: string, U: number, opcode: string, operation: Ternary): Definition {
  return define(`${mnemonic.toUpperCase()} (by element)`, `0 Q ${U} 01111 ${pattern} ${opcode} H 0 Rn Rd`, {
    simd: true,
    statics: ["Q", "size"],
    where: sized,
    operands,
    derive: (f) => ({ index: indexOf(f) }),
    execute: (pe, { Q, size, index }, { d, n, m }) => {
      const element = splatElement(pe, size, pe.readV(m), index);
      pe.writeV(d, vectorOf(pe, Q, operation(pe, size, pe.readV(n), element, pe.readV(d))));
    },
    assembly: (f) => sameText(mnemonic, f),
  });
}

function sameText(mnemonic: string, f: Fields): string {
  const name = (r: number): string => vectorName(f.size!, f.Q!, r);
  return `${mnemonic}\t${name(f.Rd!)}, ${name(f.Rn!)}, ${elementName(f.size!, registerOf(f), indexOf(f))}`;
}

function longText(mnemonic: string, f: Fields): string {
  const registers = `${vectorName(f.size! + 1, 1, f.Rd!)}, ${vectorName(f.size!, f.Q!, f.Rn!)}`;
  return `${mnemonic}${f.Q ? "2" : ""}\t${registers}, ${elementName(f.size!, registerOf(f), indexOf(f))}`;
}

function long(mnemonic: string, U: number, opcode: string, operation: Widening): Definition {
  return define(`${mnemonic.toUpperCase()} (by element)`, `0 Q ${U} 01111 ${pattern} ${opcode} H 0 Rn Rd`, {
    simd: true,
    statics: ["Q", "size"],
    where: sized,
    operands,
    derive: (f) => ({ index: indexOf(f) }),
    execute: (pe, { Q, size, index }, { d, n, m }) => {
      const element = splatElement(pe, size, pe.readV(m), index);
      pe.writeV(d, operation(pe, size, Q, pe.readV(n), element, pe.readV(d)));
    },
    assembly: (f) => longText(mnemonic, f),
  });
}

function executeSaturating(
  pe: Builder,
  operation: SaturatingBinary,
  size: number,
  index: number,
  { d, n, m }: Registers,
  keep: (v: Node) => Node,
): void {
  const a = pe.let(keep(pe.readV(n)));
  const b = pe.let(splatElement(pe, size, pe.readV(m), index));
  const result = operation(pe, size, a, b, pe.let(keep(pe.readV(d))));
  const saturated = pe.let(result.saturated);
  pe.writeV(d, result.value);
  setSaturated(pe, saturated);
}

function saturating(
  mnemonic: string,
  U: number,
  opcode: string,
  operation: SaturatingBinary,
  feature?: Feature,
): readonly [Definition, Definition] {
  const common = { simd: true, ...(feature ? { feature } : {}), where: sized, operands };
  const derive = (f: Fields): { index: number } => ({ index: indexOf(f) });
  const name = `${mnemonic.toUpperCase()} (by element, `;
  return [
    define(`${name}vector)`, `0 Q ${U} 01111 ${pattern} ${opcode} H 0 Rn Rd`, {
      ...common,
      statics: ["Q", "size"],
      derive,
      execute: (pe, { Q, size, index }, registers) =>
        executeSaturating(pe, operation, size, index, registers, (v) => vectorOf(pe, Q, v)),
      assembly: (f) => sameText(mnemonic, f),
    }),
    define(`${name}scalar)`, `01 ${U} 11111 ${pattern} ${opcode} H 0 Rn Rd`, {
      ...common,
      statics: ["size"],
      derive,
      execute: (pe, { size, index }, registers) =>
        executeSaturating(pe, operation, size, index, registers, (v) => lowElement(pe, size, v)),
      assembly: (f) => scalarText(mnemonic, f, 0),
    }),
  ];
}

function scalarText(mnemonic: string, f: Fields, wider: number): string {
  const registers = `${scalarName(f.size! + wider, f.Rd!)}, ${scalarName(f.size!, f.Rn!)}`;
  return `${mnemonic}\t${registers}, ${elementName(f.size!, registerOf(f), indexOf(f))}`;
}

function doublingLong(
  mnemonic: string,
  opcode: string,
  operation: SaturatingWidening,
): readonly [Definition, Definition] {
  const common = { simd: true, where: sized, operands };
  const derive = (f: Fields): { index: number } => ({ index: indexOf(f) });
  const name = `${mnemonic.toUpperCase()} (by element, `;
  return [
    define(`${name}vector)`, `0 Q 001111 ${pattern} ${opcode} H 0 Rn Rd`, {
      ...common,
      statics: ["Q", "size"],
      derive,
      execute: (pe, { Q, size, index }, { d, n, m }) => {
        const element = splatElement(pe, size, pe.readV(m), index);
        writeSaturatingLong(pe, operation, size, Q, d, pe.readV(n), element, pe.let(pe.readV(d)));
      },
      assembly: (f) => longText(mnemonic, f),
    }),
    define(`${name}scalar)`, `01011111 ${pattern} ${opcode} H 0 Rn Rd`, {
      ...common,
      statics: ["size"],
      derive,
      execute: (pe, { size, index }, { d, n, m }) => {
        const a = lowElement(pe, size, pe.readV(n));
        const element = splatElement(pe, size, pe.readV(m), index);
        writeSaturatingLong(pe, operation, size, 0, d, a, element, pe.let(lowElement(pe, size + 1, pe.readV(d))));
      },
      assembly: (f) => scalarText(mnemonic, f, 1),
    }),
  ];
}

function dot(mnemonic: string, U: number, signed: boolean): Definition {
  return define(`${mnemonic.toUpperCase()} (by element)`, `0 Q ${U} 01111 10 L M Rm:4 1110 H 0 Rn Rd`, {
    simd: true,
    feature: "FEAT_DotProd",
    statics: ["Q", "H", "L"],
    operands: (f) => ({ d: vector(f.Rd!), n: vector(f.Rn!), m: vector((f.M! << 4) | f.Rm!) }),
    execute: (pe, { Q, H, L }, { d, n, m }) => {
      const element = splatElement(pe, 2, pe.readV(m), (H << 1) | L);
      pe.writeV(d, vectorOf(pe, Q, dotProduct(signed)(pe, 2, pe.readV(n), element, pe.readV(d))));
    },
    assembly: (f) => {
      const registers = `${vectorName(2, f.Q!, f.Rd!)}, ${vectorName(0, f.Q!, f.Rn!)}`;
      return `${mnemonic}\t${registers}, v${(f.M! << 4) | f.Rm!}.4b[${(f.H! << 1) | f.L!}]`;
    },
  });
}

const saturatingForms = [
  saturating("sqdmulh", 0, "1100", doublingMultiplyHigh(false)),
  saturating("sqrdmulh", 0, "1101", doublingMultiplyHigh(true)),
  saturating("sqrdmlah", 1, "1101", doublingMultiplyAccumulateHigh(false), "FEAT_RDM"),
  saturating("sqrdmlsh", 1, "1111", doublingMultiplyAccumulateHigh(true), "FEAT_RDM"),
  ...saturatingLong.map(([mnemonic, , opcode, operation]) => doublingLong(mnemonic, opcode, operation)),
];

export const vectorByElement = instructions("Advanced SIMD vector x indexed element", [
  plain("mul", 0, "1000", multiply),
  plain("mla", 1, "0000", multiplyAdd),
  plain("mls", 1, "0100", multiplySubtract),
  long("smlal", 0, "0010", accumulate(multiplyLong(true))),
  long("umlal", 1, "0010", accumulate(multiplyLong(false))),
  long("smlsl", 0, "0110", accumulate(multiplyLong(true), true)),
  long("umlsl", 1, "0110", accumulate(multiplyLong(false), true)),
  long("smull", 0, "1010", multiplyLong(true)),
  long("umull", 1, "1010", multiplyLong(false)),
  dot("sdot", 0, true),
  dot("udot", 1, false),
  ...saturatingForms.map(([form]) => form),
]);

export const scalarByElement = instructions(
  "Advanced SIMD scalar x indexed element",
  saturatingForms.map(([, form]) => form),
);
