import type { Definition } from "../definition.js";
import { cryptographicAes } from "./aes.js";
import { polynomialMultiply } from "./polynomial-multiply.js";
import { threeRegisterSha, twoRegisterSha } from "./sha.js";
import { fourRegister, threeRegisterImm2, threeRegisterSha512, twoRegisterSha512, xar } from "./sha512.js";

/** Cryptographic instructions. */
export const cryptoInstructions: readonly (readonly Definition[])[] = [
  cryptographicAes,
  polynomialMultiply,
  threeRegisterSha,
  twoRegisterSha,
  threeRegisterSha512,
  twoRegisterSha512,
  threeRegisterImm2,
  fourRegister,
  xar,
];
