import { instructions, unimplemented } from "../definition.js";

/** The classes of "SME encodings" (Arm ARM C4.1), and the two PSTATE instructions. */
export const scalableMatrix = instructions("SME", [
  unimplemented("SME outer products", "1 00 0000 xxxxxxxxxxxxxxxxxxxxxxxxx", "FEAT_SME"),
  unimplemented("SME moves and adds", "1 10 0000 xxxxxxxxxxxxxxxxxxxxxxxxx", "FEAT_SME"),
  unimplemented("SME integer outer products", "1 01 0000 xxxxxxxxxxxxxxxxxxxxxxxxx", "FEAT_SME"),
  unimplemented("SME loads and stores", "1 11 0000 xxxxxxxxxxxxxxxxxxxxxxxxx", "FEAT_SME"),
  unimplemented("MSR (immediate, SVCR)", "1101010100000 011 0100 CRm 011 11111", "FEAT_SME"),
]);
