const { readFileSync } = require("node:fs");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

/**
 * A bundle, which is one function expression of ASCII text, as a script, with V8's code cache for it if there is one. V8 passes
 * over a cache of another version.
 */
function compileBundle(path) {
  const source = readFileSync(path, "latin1");
  let cachedData;
  try {
    cachedData = readFileSync(path.replace(/\.cjs$/, ".cache"));
  } catch {
    // Slower, not wrong.
  }
  return new Script(source, { filename: path, ...(cachedData ? { cachedData } : {}) });
}

/** Runs a compiled bundle; gives what it exports. */
function runBundle(script, path) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, dirname(path));
  return module.exports;
}

exports.compileBundle = compileBundle;
exports.runBundle = runBundle;
exports.loadBundle = (path) => runBundle(compileBundle(path), path);
