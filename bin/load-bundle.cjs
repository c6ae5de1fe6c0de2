const { readFileSync } = require("node:fs");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

/** Runs a CommonJS file with V8's code cache for it, if there is one. V8 passes over a cache of another version. */
exports.loadBundle = (path) => {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "utf8")}\n})`;
  let cachedData;
  try {
    cachedData = readFileSync(path.replace(/\.cjs$/, ".cache"));
  } catch {
    // Slower, not wrong.
  }
  const script = new Script(source, { filename: path, ...(cachedData ? { cachedData } : {}) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, dirname(path));
  return { script, exports: module.exports };
};
