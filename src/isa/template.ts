import {
  Builder,
  type Operand,
  OperandImplementation,
  type OperandKind,
  reveal,
  type Statement,
  type Type,
} from "../ir/index.js";
import type { Definition } from "./definition.js";

/** What one instruction with given static fields does: the unit that consumers compile. */
export interface Template {
  readonly definition: Definition;
  /** Static and derived static fields. */
  readonly statics: { readonly [name: string]: number };
  /** Distinguishes the templates of one definition, in words ("sf=1 S=0"). */
  readonly label: string;
  /** Small number, unique in the machine's lifetime: consumers index by it. */
  readonly id: number;
  readonly operandKinds: readonly OperandKind[];
  readonly locals: readonly Type[];
  readonly body: readonly Statement[];
  /** Operand indices of X registers that the body reads, and writes; the same for V registers with their `plus`. */
  readonly xReads: readonly number[];
  readonly xWrites: readonly number[];
  readonly vReads: readonly { readonly operand: number; readonly plus: number }[];
  readonly vWrites: readonly { readonly operand: number; readonly plus: number }[];
  readonly readsFlags: boolean;
  readonly writesFlags: boolean;
  readonly accessesMemory: boolean;
  /** Whether it may leave for the machine. */
  readonly usesEnvironment: boolean;
  /** The final branch, when there is one. */
  readonly branch: Extract<Statement, { kind: "branch" | "branchTo" }> | undefined;
}

/** A decoded instruction: its template and the values of its operands, in the template's order. */
export interface Instruction {
  readonly word: number;
  readonly template: Template;
  readonly values: readonly (number | bigint)[];
}

/** A template's name in its table: its definition's, and what tells it from the definition's other ones. */
export function templateName({ definition, label }: Template): string {
  return `${definition.name} ${label}`;
}

let nextId = 0;

/** Records the template of `definition` for given statics; `operands` supplies the operands' names and kinds. */
export function recordTemplate(
  definition: Definition,
  statics: { readonly [name: string]: number },
  operands: { readonly [name: string]: Operand },
): Template {
  const label = Object.keys(statics)
    .map((k) => `${k}=${statics[k]}`)
    .join(" ");
  const pe = new Builder(`${definition.name} ${label}`);
  const handles: { [name: string]: Operand } = {};
  const kinds: OperandKind[] = [];
  for (const name of Object.keys(operands)) {
    const { kind } = reveal(operands[name]!);
    handles[name] = new OperandImplementation(kind, Number.NaN, kinds.length) as unknown as Operand;
    kinds.push(kind);
  }
  if (definition.execute === undefined) pe.undefined();
  else definition.execute(pe, statics, handles);
  const { locals, body } = pe.finish();
  return { definition, statics, label, id: nextId++, operandKinds: kinds, locals, body, ...footprint(body) };
}

type Footprint = Pick<
  Template,
  | "xReads"
  | "xWrites"
  | "vReads"
  | "vWrites"
  | "readsFlags"
  | "writesFlags"
  | "accessesMemory"
  | "usesEnvironment"
  | "branch"
>;

/** Scans a body for what it touches. */
function footprint(body: readonly Statement[]): Footprint {
  const xReads = new Set<number>();
  const xWrites = new Set<number>();
  const vReads = new Map<string, { operand: number; plus: number }>();
  const vWrites = new Map<string, { operand: number; plus: number }>();
  let readsFlags = false;
  let writesFlags = false;
  let accessesMemory = false;
  let usesEnvironment = false;
  let branch: Footprint["branch"];
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    const node = value as { kind?: string; operand?: Operand; number?: number; routine?: unknown };
    if (node.kind === "x") xReads.add(reveal(node.operand!).index);
    else if (node.kind === "v") addV(vReads, node.operand!, node.number!);
    else if (node.kind === "condition" || node.kind === "flag") readsFlags = true;
    for (const key of [
      "x",
      "y",
      "z",
      "value",
      "address",
      "host",
      "condition",
      "a",
      "b",
      "c",
      "v",
      "n",
      "result",
      "target",
      "argument",
      "args",
      "call",
      "taken",
      "otherwise",
      "body",
    ]) {
      const child = (value as { [key: string]: unknown })[key];
      if (child instanceof OperandImplementation) continue;
      if (Array.isArray(child) && (key === "taken" || key === "otherwise" || key === "body"))
        statements(child as Statement[]);
      else visit(child);
    }
  };
  const addV = (map: Map<string, { operand: number; plus: number }>, operand: Operand, plus: number): void => {
    const { index } = reveal(operand);
    map.set(`${index}+${plus}`, { operand: index, plus });
  };
  const statements = (list: readonly Statement[]): void => {
    for (const s of list) {
      if (s.kind === "writeX") xWrites.add(reveal(s.operand).index);
      else if (s.kind === "writeV") addV(vWrites, s.operand, s.plus);
      else if (s.kind === "flags" || s.kind === "nzcv") writesFlags = true;
      else if (s.kind === "access") accessesMemory = true;
      else if (s.kind === "environment") usesEnvironment = true;
      else if (s.kind === "branch" || s.kind === "branchTo") branch = s;
      visit(s);
    }
  };
  statements(body);
  return {
    xReads: [...xReads],
    xWrites: [...xWrites],
    vReads: [...vReads.values()],
    vWrites: [...vWrites.values()],
    readsFlags,
    writesFlags,
    accessesMemory,
    usesEnvironment,
    branch,
  };
}
