import { setFlagsFromString } from "node:v8";

/**
 * Modules with V8's optimised code for them. V8 keeps such code for web pages, but Node has no interface for it: what V8's own
 * tests use is reached by its "natives syntax", and missing from other versions than the one that this was tried on.
 */
interface NativeModules {
  /** A module's optimised code; V8 passes over functions that aren't optimised, and fails when none is. */
  serialize(module: WebAssembly.Module): ArrayBuffer;
  /** The module of `bytes`, or undefined when V8 finds that the code was made by another version, or under other flags. */
  deserialize(code: ArrayBuffer, bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined;
}

const versionTried = "11.3";

let natives: NativeModules | undefined;

function nativeModules(): NativeModules | undefined {
  if (!process.versions.v8.startsWith(`${versionTried}.`)) return undefined;
  if (natives === undefined) {
    setFlagsFromString("--allow-natives-syntax");
    natives = {
      serialize: new Function("module", "return %SerializeWasmModule(module)") as NativeModules["serialize"],
      deserialize: new Function(
        "code",
        "bytes",
        "return %DeserializeWasmModule(code, bytes)",
      ) as NativeModules["deserialize"],
    };
    setFlagsFromString("--no-allow-natives-syntax");
  }
  return natives;
}

/** Flags under which V8 optimises every function of a module at once, and how they are otherwise. */
const ahead: readonly (readonly [string, string])[] = [
  ["--no-liftoff", "--liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-lazy-compilation"],
  // What --no-liftoff turns off as well. V8 takes code only under all of the flags that it was made under.
  ["--no-wasm-dynamic-tiering", "--wasm-dynamic-tiering"],
];

/** Compiles a module ahead: V8's optimised code for all of it, or nothing where V8 can't give it away. */
export function compileAhead(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const found = nativeModules();
  if (found === undefined) return new Uint8Array(0);
  for (const [on] of ahead) setFlagsFromString(on);
  const module = new WebAssembly.Module(bytes);
  for (const [, off] of ahead) setFlagsFromString(off);
  return new Uint8Array(found.serialize(module));
}

/**
 * A module that was compiled ahead; compiled now where V8 doesn't take the code. V8 reads both from the beginnings of their
 * buffers, so that must be where they begin.
 */
export function loadModule(bytes: Uint8Array<ArrayBuffer>, code: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const found = code.length === 0 ? undefined : nativeModules();
  return found?.deserialize(code.buffer, bytes) ?? new WebAssembly.Module(bytes);
}
