// node node.cjs NAME prints what any right JavaScript engine prints.
"use strict";
const crypto = require("node:crypto");
const zlib = require("node:zlib");

const checks = {
  fib() {
    const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
    console.log(fib(32));
  },
  loop() {
    let integer = 0;
    let double = 0;
    for (let i = 0; i < 2e7; i++) {
      integer = (Math.imul(integer, 31) + i) | 0;
      double += (i & 7) * 0.125 - double * 1e-9;
    }
    console.log(integer, double);
  },
  map() {
    const map = new Map();
    for (let i = 0; i < 400000; i++) map.set(`k${(i * 7919) % 100003}`, (map.get(`k${i % 1000}`) ?? 0) + i);
    let sum = 0;
    for (const value of map.values()) sum += value;
    console.log(map.size, sum);
  },
  numbers() {
    console.log([0.1, 1 / 3, 5e-324, 1e21, 123456789.12345678, -0, 2 ** 53 + 2, 1e308 * 10].map(String).join(" "));
    console.log(
      [0.5, 1.5, -0.5, -1.5, 2.5].map((x) => [Math.round(x), Math.floor(x), Math.ceil(x), Math.trunc(x)]).join(" "),
    );
    console.log(
      [2 ** 31, 2 ** 32 + 5, -1, NaN, 1e20, -(2 ** 63), 2 ** 84 + 2 ** 40]
        .map((x) => [x | 0, x >>> 0, x >> 3])
        .join(" "),
    );
    console.log(
      [
        (1.005).toFixed(2),
        (1e21).toFixed(2),
        (0.000001234).toExponential(2),
        (255).toString(36),
        Math.fround(1.1),
        Math.hypot(3, 4),
      ].join(" "),
    );
    const f = 3n ** 500n;
    console.log(
      (f % 1000000007n).toString(),
      (f >> 700n).toString(16),
      ((-f / 7n ** 100n) % 1000003n).toString(),
      BigInt.asIntN(64, f).toString(),
    );
    const floats = new Float32Array(1000).map((_, i) => Math.fround(1 / (i + 1)));
    console.log(
      floats.reduce((a, b) => Math.fround(a + b), 0),
      new Uint8ClampedArray([1.5, 2.5, -3, 300]).join(),
    );
  },
  text() {
    const words = Array.from({ length: 50000 }, (_, i) => (Math.imul(i, 2654435761) >>> 0).toString(16)).sort();
    const all = words.join(" ");
    console.log(crypto.createHash("sha256").update(all).digest("hex"), (all.match(/\b\d+[a-f]{2,}\b/g) ?? []).length);
    console.log(
      all.replace(/(\d)(\D)/g, "$2$1").slice(0, 60),
      JSON.stringify(JSON.parse(JSON.stringify({ a: [1.5, null, "\u00e9\u{1f600}"] }))),
    );
  },
  libraries() {
    const data = Buffer.from(Array.from({ length: 300000 }, (_, i) => ((i * i) >>> 3) & 255));
    for (const name of ["md5", "sha1", "sha256", "sha512", "sha3-256"])
      console.log(name, crypto.createHash(name).update(data).digest("hex"));
    const cipher = crypto.createCipheriv("aes-256-gcm", data.subarray(0, 32), data.subarray(32, 44));
    const sealed = Buffer.concat([cipher.update(data), cipher.final()]);
    console.log(crypto.createHash("sha256").update(sealed).digest("hex"), cipher.getAuthTag().toString("hex"));
    console.log(
      zlib.inflateSync(zlib.deflateSync(data)).equals(data),
      zlib.brotliDecompressSync(zlib.brotliCompressSync(data)).equals(data),
    );
  },
  // (func (export "f") (param i32) (result i32) (local i32)): a loop that sums the squares up to the parameter, modulo 2^32.
  webassembly() {
    const code = Buffer.from(
      "0061736d01000000" + // magic and version
        "0106" +
        "0160017f017f" + // type: i32 -> i32
        "0302" +
        "0100" + // one function of it
        "0705" +
        "0101660000" + // exported as f
        "0a1e" +
        "011c01017f" + // its code, with one local
        "0340" +
        "2001" +
        "2000" +
        "2000" +
        "6c" +
        "6a" +
        "2101" + // loop: sum += n * n
        "2000" +
        "4101" +
        "6b" +
        "2200" +
        "0d00" +
        "0b" + // while (--n)
        "2001" +
        "0b",
      "hex",
    );
    console.log(new WebAssembly.Instance(new WebAssembly.Module(code)).exports.f(1000000));
  },
  async events() {
    const results = await Promise.all(
      Array.from(
        { length: 2000 },
        (_, i) => new Promise((done) => (i % 2 ? setImmediate(done, i) : setTimeout(done, i % 5, i))),
      ),
    );
    async function* count(n) {
      for (let i = 0; i < n; i++) yield i;
    }
    let sum = 0;
    for await (const i of count(20000)) sum += i;
    console.log(
      results.length,
      results.reduce((a, b) => a + b),
      sum,
    );
  },
  worker() {
    const { Worker } = require("node:worker_threads");
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const source = `const { workerData } = require("node:worker_threads");
      for (let i = 0; i < 20000; i++) Atomics.add(workerData, 0, 1);`;
    let left = 3;
    for (let i = 0; i < 3; i++)
      new Worker(source, { eval: true, workerData: shared }).on("exit", () => --left || console.log(shared[0]));
  },
};

checks[process.argv[2]]();
