import { instructions, unimplemented } from "../definition.js";
import type { Fields } from "../pattern.js";

/** MOPS needs three different registers, and no XZR but for the data of SET. */
const distinct = (f: Fields): boolean => f.Rd !== f.Rs && f.Rd !== f.Rn && f.Rs !== f.Rn && f.Rd !== 31 && f.Rn !== 31;
const copies = (f: Fields): boolean => distinct(f) && f.Rs !== 31;

/** Instructions of later extensions among the base instructions. */
export const baseExtensions = instructions("Extensions of the base instruction set", [
  unimplemented("BC.cond", "01010100 imm19 1 cond", "FEAT_HBC"),
  unimplemented("SMAX/UMAX/SMIN/UMIN (immediate)", "sf 00 1000111 00 op:2 imm8 Rn Rd", "FEAT_CSSC"),
  unimplemented("SMAX/UMAX/SMIN/UMIN (register)", "sf 00 11010110 Rm 0110 op:2 Rn Rd", "FEAT_CSSC"),
  unimplemented("CTZ", "sf 1 0 11010110 00000 000110 Rn Rd", "FEAT_CSSC"),
  unimplemented("CNT", "sf 1 0 11010110 00000 000111 Rn Rd", "FEAT_CSSC"),
  unimplemented("ABS", "sf 1 0 11010110 00000 001000 Rn Rd", "FEAT_CSSC"),
  unimplemented("LD64B", "11 111 0 00 0 0 1 11111 1 101 00 Rn Rt", "FEAT_LS64"),
  unimplemented("ST64B", "11 111 0 00 0 0 1 11111 1 001 00 Rn Rt", "FEAT_LS64"),
  unimplemented("ST64BV", "11 111 0 00 0 0 1 Rs 1 011 00 Rn Rt", "FEAT_LS64_V"),
  unimplemented("ST64BV0", "11 111 0 00 0 0 1 Rs 1 010 00 Rn Rt", "FEAT_LS64_ACCDATA"),
  unimplemented("CPYFP", "00 011 0 01 00 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("CPYFM", "00 011 0 01 01 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("CPYFE", "00 011 0 01 10 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("SETP/SETM/SETE", "00 011 0 01 11 0 Rs stage:2!11 options:2 01 Rn Rd", "FEAT_MOPS", distinct),
  unimplemented("CPYP", "00 011 1 01 00 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("CPYM", "00 011 1 01 01 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("CPYE", "00 011 1 01 10 0 Rs options:4 01 Rn Rd", "FEAT_MOPS", copies),
  unimplemented("SETGP/SETGM/SETGE", "00 011 1 01 11 0 Rs stage:2!11 options:2 01 Rn Rd", "FEAT_MOPS", distinct),
  unimplemented("TSTART", "1101010100100 011 0011 0000 011 Rt", "FEAT_TME"),
  unimplemented("TTEST", "1101010100100 011 0011 0001 011 Rt", "FEAT_TME"),
  unimplemented("TCOMMIT", "1101010100000 011 0011 0000 011 11111", "FEAT_TME"),
  unimplemented("TCANCEL", "11010100 011 imm16 000 00", "FEAT_TME"),
  unimplemented("WFET", "1101010100000 011 0001 0000 000 Rd", "FEAT_WFxT"),
  unimplemented("WFIT", "1101010100000 011 0001 0000 001 Rd", "FEAT_WFxT"),
]);
