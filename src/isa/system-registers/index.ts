export * from "./operations.js";
export * from "./registry.js";
export * from "./system-register.js";
export * from "./trap-controls.js";
