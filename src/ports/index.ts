export * from "./block.js";
export * from "./character.js";
export * from "./clock.js";
export * from "./dma.js";
export * from "./entropy.js";
export * from "./irq.js";
export * from "./log.js";
export * from "./mmio.js";
