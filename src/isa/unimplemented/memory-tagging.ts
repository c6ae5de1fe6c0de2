import { instructions, unimplemented } from "../definition.js";

const pair = "imm7 Rt2 Rn Rt";

export const memoryTagging = instructions("Memory tagging", [
  unimplemented("ADDG", "1 0 0 100011 0 imm6 00 uimm4 Rn Rd", "FEAT_MTE"),
  unimplemented("SUBG", "1 1 0 100011 0 imm6 00 uimm4 Rn Rd", "FEAT_MTE"),
  unimplemented("SUBP", "1 0 0 11010110 Rm 000000 Rn Rd", "FEAT_MTE"),
  unimplemented("SUBPS", "1 0 1 11010110 Rm 000000 Rn Rd", "FEAT_MTE"),
  unimplemented("IRG", "1 0 0 11010110 Rm 000100 Rn Rd", "FEAT_MTE"),
  unimplemented("GMI", "1 0 0 11010110 Rm 000101 Rn Rd", "FEAT_MTE"),
  unimplemented("STG", "11011001 00 1 imm9 op:2!00 Rn Rt", "FEAT_MTE2"),
  unimplemented("STZG", "11011001 01 1 imm9 op:2!00 Rn Rt", "FEAT_MTE2"),
  unimplemented("ST2G", "11011001 10 1 imm9 op:2!00 Rn Rt", "FEAT_MTE2"),
  unimplemented("STZ2G", "11011001 11 1 imm9 op:2!00 Rn Rt", "FEAT_MTE2"),
  unimplemented("STZGM", "11011001 00 1 000000000 00 Rn Rt", "FEAT_MTE2"),
  unimplemented("LDG", "11011001 01 1 imm9 00 Rn Rt", "FEAT_MTE2"),
  unimplemented("STGM", "11011001 10 1 000000000 00 Rn Rt", "FEAT_MTE2"),
  unimplemented("LDGM", "11011001 11 1 000000000 00 Rn Rt", "FEAT_MTE2"),
  unimplemented("STGP (post-index)", `01 101 0 001 0 ${pair}`, "FEAT_MTE2"),
  unimplemented("STGP (signed offset)", `01 101 0 010 0 ${pair}`, "FEAT_MTE2"),
  unimplemented("STGP (pre-index)", `01 101 0 011 0 ${pair}`, "FEAT_MTE2"),
]);
