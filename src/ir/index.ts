export * from "./builder.js";
export * from "./node.js";
export * from "./operand.js";
export * from "./operations.js";
export * from "./routine.js";
export * from "./state-layout.js";
export * from "./statement.js";
export * from "./type.js";
