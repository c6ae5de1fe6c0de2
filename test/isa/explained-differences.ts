import type { Definition } from "../../src/isa/definition.js";

/** A word on which this disassembler and objdump 2.40 differ for a reason. */
export interface Difference {
  readonly word: number;
  readonly definition: Definition | undefined;
  readonly ours: string;
  readonly theirs: string;
}

interface Explanation {
  readonly reason: string;
  readonly applies: (d: Difference) => boolean;
}

const generic = /\bs[0-3]_[0-7]_c\d+_c\d+_[0-7]\b/;
const register = (text: string): string => text.replace(/^mrs\t\w+, |^msr\t|, \w+$/g, "");

/** Why texts may differ. A difference that none of these explains fails the test. */
export const explanations: readonly Explanation[] = [
  {
    reason: "listed as not implemented, by class: the text is the class's name",
    applies: ({ definition }) => definition !== undefined && definition.execute === undefined,
  },
  {
    reason: "Rs and Rt2 of LDAR and LDLAR should be ones: otherwise CONSTRAINED UNPREDICTABLE, not UNDEFINED",
    applies: ({ definition, word, theirs }) =>
      /^LD(L)?AR$/.test(definition?.name ?? "") && theirs.startsWith(".inst") && (word & 0x1f7c00) !== 0x1f7c00,
  },
  {
    reason: "LDPSW with equal or written-back destinations is CONSTRAINED UNPREDICTABLE, not UNDEFINED",
    applies: ({ definition, word, theirs }) => {
      const [t, n, t2] = [word & 31, (word >>> 5) & 31, (word >>> 10) & 31];
      const overlaps = t === t2 || ((word & (1 << 23)) !== 0 && n !== 31 && (n === t || n === t2));
      return /^LDPSW/.test(definition?.name ?? "") && theirs.startsWith(".inst") && overlaps;
    },
  },
  {
    reason: "a system register that only one of the two has a name for",
    applies: ({ ours, theirs }) =>
      /^m(rs|sr)\t/.test(ours) &&
      ours.slice(0, 4) === theirs.slice(0, 4) &&
      generic.test(register(ours)) !== generic.test(register(theirs)),
  },
  {
    reason: "a system instruction of an extension that is not implemented (MTE, RME)",
    applies: ({ ours, theirs }) => /^sys\t/.test(ours) && /^(dc\t\w*g\w*|dc\tcipapa|tlbi\tr?pa)/.test(theirs),
  },
  {
    reason: "objdump writes unallocated words with op0 = 0 as MSR or MRS of a register S0_*; they are UNDEFINED",
    applies: ({ ours, theirs }) => ours.startsWith(".inst") && /^m(rs|sr)\t/.test(theirs) && /\bs0_/.test(theirs),
  },
  {
    reason: "objdump doesn't look at sz of FMLAL and FMLSL (vector); with sz = 1 they are UNDEFINED",
    applies: ({ ours, theirs, word }) =>
      ours.startsWith(".inst") && /^fml[as]l/.test(theirs) && (word & (1 << 22)) !== 0,
  },
];
