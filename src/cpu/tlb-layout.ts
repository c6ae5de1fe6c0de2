/** The layout is declared where generated code's needs are; see there. */
export * from "../ir/tlb-layout.js";
