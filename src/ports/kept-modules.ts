/** WebAssembly modules of the engine's that were made before, by their names: what isn't there is made again. */
export type KeptModules = (name: string) => Uint8Array<ArrayBuffer> | undefined;
