/** The layout is declared beside the language that instruction semantics are written in; see there. */
export * from "../ir/state-layout.js";
