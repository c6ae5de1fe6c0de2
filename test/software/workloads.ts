import { execFileSync } from "node:child_process";
import { createCipheriv, createHash, createPrivateKey, pbkdf2Sync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../src/cli/debian/apt.js";
import { corpus } from "./corpus.js";
import { rootDirectory } from "./machines.js";

/** One command of a workload, measured and judged by itself. */
export interface Step {
  /** For busybox's shell with pipefail; what it prints is the answer. */
  readonly command: string;
  /** The answer, found on the host by other means than the guest's. Without it the two machines judge each other. */
  readonly expected?: () => string;
  /** What of the answer the host knows; all of it without this. */
  readonly part?: (answer: string) => string;
  /** What of the output is the answer, where the rest differs from run to run. */
  readonly answer?: (output: string) => string;
}

/** Programs that nobody wrote for this machine, and what they have to say. */
export interface Workload {
  readonly summary: string;
  /** Debian packages; the libraries that they depend on come with them. */
  readonly packages: readonly string[];
  /** Paths in the packages, without the leading slash. */
  readonly programs?: readonly string[];
  /** Whole folders of the packages. */
  readonly trees?: readonly string[];
  /** Libraries that a program loads without being linked with them. */
  readonly loads?: readonly string[];
  /** Files of packages that aren't laid out as a root file system: path in the guest, path in the package. */
  readonly fromPackages?: Readonly<Record<string, string>>;
  /** Made on the host: path in the guest, content. */
  readonly files?: () => Readonly<Record<string, Uint8Array>>;
  readonly steps: Readonly<Record<string, Step>>;
  readonly memoryMiB: number;
  /** Host seconds after which a boot of it is given up. */
  readonly limit: number;
}

const MIB = 2 ** 20;
const guestFile = (name: string): string => `${rootDirectory}test/software/guest/${name}`;

let corpusBytes: Uint8Array | undefined;
/** The 4.8 MB that most workloads digest. */
const data = (): Uint8Array => (corpusBytes ??= corpus(4_800_000));
const dataFile = (): Record<string, Uint8Array> => ({ "work/data": data() });

/** One step for each name. */
function each<T extends string>(names: readonly T[], step: (name: T) => Step): Record<string, Step> {
  return Object.fromEntries(names.map((name) => [name, step(name)]));
}

function digest(algorithm: string, ...parts: Uint8Array[]): string {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const repeated = (bytes: Uint8Array, count: number): Uint8Array[] => Array.from({ length: count }, () => bytes);

const busybox: Workload = {
  summary: "busybox-static: hashes, text tools, processes and pipes",
  packages: [],
  files: dataFile,
  steps: {
    sha256: {
      command: "dd if=/dev/zero bs=1M count=32 2>/dev/null | sha256sum",
      expected: () => `${digest("sha256", ...repeated(new Uint8Array(MIB), 32))}  -`,
    },
    hashes: {
      command: "for sum in md5sum sha1sum sha512sum sha3sum; do $sum </work/data; done",
      expected: () => ["md5", "sha1", "sha512", "sha3-224"].map((name) => `${digest(name, data())}  -`).join("\n"),
    },
    sort: {
      command: "head -c 1000000 /work/data | tr ' ' '\\n' | sort | uniq | md5sum",
      expected: () => {
        const words = new TextDecoder().decode(data().subarray(0, 1_000_000)).split(/[ \n]/);
        const unique = [...new Set(words.at(-1) === "" ? words.slice(0, -1) : words)].sort();
        return `${digest("md5", new TextEncoder().encode(unique.map((word) => `${word}\n`).join("")))}  -`;
      },
    },
    awk: {
      command: "seq 1 60000 | awk '{ s += $1 * $1; t += $1 / 7 } END { printf \"%.0f %.6f\\n\", s, t }'",
      expected: () => {
        let [squares, sevenths] = [0, 0];
        for (let i = 1; i <= 60000; i++) [squares, sevenths] = [squares + i * i, sevenths + i / 7];
        return `${squares} ${sevenths.toFixed(6)}`;
      },
    },
    spawn: {
      command: "i=0; while [ $i -lt 500 ]; do /bin/true && i=$((i + 1)); done; echo $i",
      expected: () => "500",
    },
    pipe: {
      command: "dd if=/dev/zero bs=512 count=200000 2>/dev/null | dd bs=512 2>/dev/null | wc -c",
      expected: () => `${200000 * 512}`,
    },
  },
  memoryMiB: 256,
  limit: 240,
};

const hashes = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256", "sha3-256", "sha3-512"] as const;
const moreHashes = ["blake2b512", "blake2s256", "sm3", "ripemd160"] as const;
const ciphers = [
  ...["aes-128-ctr", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-256-ecb", "aes-128-cfb", "aes-128-ofb"],
  ...["camellia-256-cbc", "aria-256-ctr", "chacha20", "sm4-cbc", "des-ede3-cbc"],
] as const;
const keyBytes: Readonly<Record<string, number>> = { chacha20: 32, "sm4-cbc": 16, "des-ede3-cbc": 24 };
const key = (cipher: string): Buffer => {
  const length = keyBytes[cipher] ?? Number(/-(\d+)-/.exec(cipher)![1]) / 8;
  return Buffer.from(Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff));
};
const initial = (cipher: string): Buffer =>
  Buffer.alloc(cipher.endsWith("-ecb") ? 0 : cipher.startsWith("des") ? 8 : 16, 0x5a);

/** One-way and both ways: the ciphertext's hash has to be the host's, and decryption has to give the data back. */
function cipherStep(cipher: string, settings = ""): Step {
  const vector = initial(cipher).length > 0 ? ` -iv ${initial(cipher).toString("hex")}` : "";
  const openssl = `${settings}openssl enc -${cipher} -K ${key(cipher).toString("hex")}${vector}`;
  return {
    command: [
      `${openssl} -in /work/data -out sealed`,
      "sha256sum <sealed",
      `${openssl} -d -in sealed | cmp - /work/data && echo same`,
      "rm sealed",
    ].join("\n"),
    expected: () => {
      const { length } = initial(cipher);
      const sealer = createCipheriv(cipher, key(cipher), length > 0 ? initial(cipher) : null);
      return `${digest("sha256", sealer.update(data()), sealer.final())}  -\nsame`;
    },
  };
}

/** Without the crypto instructions, so that the NEON and integer code paths run as well. */
const plain = "OPENSSL_armcap=0 ";
const ed25519Seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"; // RFC 8032, 7.1, test 1
const ed25519Key = (): Buffer => Buffer.from(`302e020100300506032b657004220420${ed25519Seed}`, "hex"); // RFC 8410, 7

const openssl: Workload = {
  summary: "OpenSSL 3: digests, ciphers both ways, signatures, primes",
  packages: ["openssl"],
  programs: ["usr/bin/openssl"],
  loads: ["libgcc_s.so.1"],
  trees: ["usr/lib/aarch64-linux-gnu/ossl-modules"],
  files: () => ({ ...dataFile(), "work/ed25519.der": ed25519Key() }),
  steps: {
    "sha256-64M": {
      command: "dd if=/dev/zero bs=1M count=64 2>/dev/null | openssl dgst -sha256 -r",
      expected: () => `${digest("sha256", ...repeated(new Uint8Array(MIB), 64))} *stdin`,
    },
    ...each([...hashes, ...moreHashes], (name) => ({
      command: `openssl dgst -${name} -r </work/data`,
      expected: () => `${digest(name, data())} *stdin`,
    })),
    "digests-without-instructions": {
      command: `for hash in ${hashes.join(" ")}; do ${plain}openssl dgst -$hash -r </work/data; done`,
      expected: () => hashes.map((name) => `${digest(name, data())} *stdin`).join("\n"),
    },
    "aes-128-ctr-16M": {
      command: `dd if=/dev/zero bs=1M count=16 2>/dev/null | openssl enc -aes-128-ctr -K ${key("aes-128-ctr").toString("hex")} -iv ${initial("aes-128-ctr").toString("hex")} | sha256sum`,
      expected: () => {
        const sealer = createCipheriv("aes-128-ctr", key("aes-128-ctr"), initial("aes-128-ctr"));
        return `${digest("sha256", sealer.update(Buffer.alloc(16 * MIB)), sealer.final())}  -`;
      },
    },
    ...each(ciphers, (name) => cipherStep(name)),
    "aes-128-ctr-without-instructions": cipherStep("aes-128-ctr", plain),
    "aes-256-cbc-without-instructions": cipherStep("aes-256-cbc", plain),
    "chacha20-without-instructions": cipherStep("chacha20", plain),
    pbkdf2: {
      command:
        "openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:password -kdfopt salt:saltsalt -kdfopt iter:20000 PBKDF2",
      answer: (output) => output.replaceAll(":", "").toLowerCase(),
      expected: () => pbkdf2Sync("password", "saltsalt", 20000, 32, "sha256").toString("hex"),
    },
    ed25519: {
      command: [
        "head -c 1000 /work/data >message",
        "openssl pkeyutl -sign -rawin -inkey /work/ed25519.der -keyform DER -in message -out signature",
        "hexdump -ve '1/1 \"%02x\"' signature; echo",
        "openssl pkey -inform DER -in /work/ed25519.der -pubout -out public.pem",
        "openssl pkeyutl -verify -rawin -pubin -inkey public.pem -in message -sigfile signature",
        "echo >>message",
        "! openssl pkeyutl -verify -rawin -pubin -inkey public.pem -in message -sigfile signature",
      ].join("\n"),
      expected: () => {
        const privateKey = createPrivateKey({ key: ed25519Key(), format: "der", type: "pkcs8" });
        const signature = sign(null, data().subarray(0, 1000), privateKey).toString("hex");
        return `${signature}\nSignature Verified Successfully\nSignature Verification Failure`;
      },
    },
    rsa: {
      command: [
        "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem",
        "openssl pkey -in rsa.pem -check -noout",
        "openssl dgst -sha256 -sign rsa.pem -out signature /work/data",
        "openssl pkey -in rsa.pem -pubout -out public.pem",
        "openssl dgst -sha256 -verify public.pem -signature signature /work/data",
      ].join("\n"),
      expected: () => "Key is valid\nVerified OK",
    },
    ecdsa: {
      command: [
        "for curve in P-256 P-384 secp256k1; do",
        "  openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out ec.pem",
        "  openssl dgst -sha256 -sign ec.pem -out signature /work/data",
        "  openssl pkey -in ec.pem -pubout -out public.pem",
        "  openssl dgst -sha256 -verify public.pem -signature signature /work/data",
        "done",
      ].join("\n"),
      expected: () => "Verified OK\nVerified OK\nVerified OK",
    },
    prime: {
      command: [
        `openssl prime -hex ${(2n ** 1279n - 1n).toString(16)}`, // a Mersenne prime
        `openssl prime -hex ${(2n ** 1277n - 1n).toString(16)}`,
      ].join("\n"),
      answer: (output) => output.replace(/^.* is /gm, "is "),
      expected: () => "is prime\nis not prime",
    },
  },
  memoryMiB: 512,
  limit: 300,
};

/** Packs and unpacks the data's first bytes. The host knows what comes back; the machines agree on the packed bytes. */
function roundTrip(pack: string, unpack: string, length = data().length): Step {
  return {
    command: [
      `head -c ${length} /work/data | ${pack} >packed`,
      "sha256sum <packed",
      `${unpack} <packed | sha256sum`,
      "rm packed",
    ].join("\n"),
    part: (answer) => answer.split("\n").at(-1)!,
    expected: () => `${digest("sha256", data().subarray(0, length))}  -`,
  };
}

const gzip: Workload = {
  summary: "gzip at its levels, both ways",
  packages: ["gzip"],
  programs: ["bin/gzip"],
  files: dataFile,
  steps: each(["1", "6", "9"], (level) => roundTrip(`/bin/gzip -n${level}`, "/bin/gzip -dc")),
  memoryMiB: 256,
  limit: 180,
};

const zstd: Workload = {
  summary: "zstd at its levels, with threads, and in its other formats, both ways",
  packages: ["zstd"],
  programs: ["usr/bin/zstd"],
  loads: ["libgcc_s.so.1"],
  files: dataFile,
  steps: {
    ...each(["1", "3"], (level) => roundTrip(`zstd -qc -${level}`, "zstd -qdc")),
    "12": roundTrip("zstd -qc -12", "zstd -qdc", 1_000_000),
    threads: roundTrip("zstd -qc -T2 -3 --check", "zstd -qdc"),
    ...each(["gzip", "lz4"], (format) => roundTrip(`zstd -qc --format=${format}`, "zstd -qdc")),
    xz: roundTrip("zstd -qc --format=xz", "zstd -qdc", 500_000),
  },
  memoryMiB: 512,
  limit: 240,
};

const lua: Workload = {
  summary: "Lua 5.4: recursion, sort, loops, strings, number formats, coroutines and collection",
  packages: ["lua5.4"],
  programs: ["usr/bin/lua5.4"],
  files: () => ({ "work/lua.lua": readFileSync(guestFile("lua.lua")) }),
  steps: {
    ...each(["sort", "text", "numbers", "coroutines"], (name) => ({ command: `lua5.4 /work/lua.lua ${name}` })),
    fib: { command: "lua5.4 /work/lua.lua fib", expected: () => "832040" },
    loop: { command: "lua5.4 /work/lua.lua loop", expected: () => `${(5_000_000 * 5_000_001) / 4}` },
  },
  memoryMiB: 256,
  limit: 180,
};

const python: Workload = {
  summary: "Python 3.11: big integers, float formats, dictionaries, json, re, zlib, hashlib, decimal, threads",
  packages: ["python3.11-minimal", "libpython3.11-stdlib"],
  programs: ["usr/bin/python3.11"],
  trees: ["usr/lib/python3.11"],
  files: () => ({ "work/python.py": readFileSync(guestFile("python.py")) }),
  steps: each(["work", "integers", "floats", "texts", "libraries", "concurrency"], (name) => ({
    command: `PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 python3.11 /work/python.py ${name}`,
    expected: () =>
      runProgram("python3", [guestFile("python.py"), name])
        .toString()
        .trim(),
  })),
  memoryMiB: 512,
  limit: 240,
};

const sqlite: Workload = {
  summary: "SQLite: 60,000 rows, an index, joins, windows, vacuum, integrity check",
  packages: ["sqlite3"],
  programs: ["usr/bin/sqlite3"],
  files: () => ({ "work/sqlite.sql": readFileSync(guestFile("sqlite.sql")) }),
  steps: {
    file: { command: "sqlite3 -bail test.db </work/sqlite.sql && sha3sum <test.db" },
    memory: { command: "sqlite3 -bail :memory: </work/sqlite.sql | tail -n +2" },
  },
  memoryMiB: 256,
  limit: 180,
};

const esbuildInput = "node_modules/vite/dist/node/chunks/node.js";
const esbuildOptions: Readonly<Record<string, readonly string[]>> = {
  minify: ["--minify"],
  transform: ["--target=es2015", "--sourcemap=inline", "--loader=ts"],
  one: ["--minify", "--target=es2020"],
};

const esbuild: Workload = {
  summary: "esbuild, a static Go program: the garbage collector, goroutines, signals; the host's esbuild is the judge",
  packages: [],
  fromPackages: { "usr/bin/esbuild": "package/bin/esbuild" },
  files: () => ({ "work/input.js": readFileSync(join(rootDirectory, esbuildInput)) }),
  steps: each(Object.keys(esbuildOptions), (name) => {
    const options = ["--log-level=error", "--supported:async-await=true", ...esbuildOptions[name]!];
    const settings = name === "one" ? "GOMAXPROCS=1 GOGC=20 " : "";
    return {
      command: `${settings}esbuild ${options.join(" ")} </work/input.js | sha256sum`,
      expected: () => {
        const host = join(rootDirectory, "node_modules/esbuild/bin/esbuild");
        const input = readFileSync(join(rootDirectory, esbuildInput));
        return `${digest("sha256", execFileSync(host, options, { input, maxBuffer: 64 * MIB }))}  -`;
      },
    };
  }),
  memoryMiB: 512,
  limit: 180,
};

/** Bogus operations of one worker, which verifies its own results. */
const stressors: Readonly<Record<string, { readonly ops: number; readonly more?: string }>> = {
  cpu: { ops: 200, more: "--cpu-method all" },
  vm: { ops: 4000, more: "--vm-bytes 8m --vm-method all" },
  matrix: { ops: 600, more: "--matrix-method all --matrix-size 64" },
  "matrix-3d": { ops: 200, more: "--matrix-3d-method all --matrix-3d-size 24" },
  str: { ops: 2000, more: "--str-method all" },
  wcs: { ops: 1000, more: "--wcs-method all" },
  hash: { ops: 500, more: "--hash-method all" },
  atomic: { ops: 100 },
  bsearch: { ops: 20 },
  crypt: { ops: 40 },
  "fp-error": { ops: 50000 },
  fp: { ops: 20, more: "--fp-method all" },
  funccall: { ops: 10 },
  futex: { ops: 3000 },
  fork: { ops: 200 },
  heapsort: { ops: 2, more: "--heapsort-size 20000" },
  hsearch: { ops: 100 },
  list: { ops: 30, more: "--list-method all" },
  longjmp: { ops: 5000 },
  memcpy: { ops: 50, more: "--memcpy-method all" },
  mergesort: { ops: 10, more: "--mergesort-size 20000" },
  mmap: { ops: 20, more: "--mmap-bytes 4m" },
  mremap: { ops: 50, more: "--mremap-bytes 2m" },
  msg: { ops: 50000 },
  nop: { ops: 5000 },
  pipe: { ops: 20000 },
  poll: { ops: 1000 },
  prefetch: { ops: 2, more: "--prefetch-l3-size 1m" },
  qsort: { ops: 10, more: "--qsort-size 20000" },
  radixsort: { ops: 20, more: "--radixsort-size 20000" },
  regs: { ops: 5000 },
  shm: { ops: 20, more: "--shm-bytes 2m" },
  sigsegv: { ops: 500 },
  skiplist: { ops: 10 },
  switch: { ops: 3000 },
  timer: { ops: 500, more: "--timer-freq 1000" },
  tree: { ops: 8, more: "--tree-method all --tree-size 10000" },
  tsearch: { ops: 3, more: "--tsearch-size 10000" },
  vecmath: { ops: 50 },
  vecfp: { ops: 3, more: "--vecfp-method all" },
  vecshuf: { ops: 10, more: "--vecshuf-method all" },
  vecwide: { ops: 50 },
  zlib: { ops: 10, more: "--zlib-method text" },
};

const stressNg: Workload = {
  summary: "stress-ng --verify: stressors that check what they compute",
  packages: ["stress-ng"],
  programs: ["usr/bin/stress-ng"],
  loads: ["libgcc_s.so.1"],
  steps: Object.fromEntries(
    Object.entries(stressors).map(([name, { ops, more = "" }]) => [
      name,
      {
        command: `stress-ng --verify --seed 42 --timeout 100 --metrics-brief --${name} 1 --${name}-ops ${ops} ${more}`,
        answer: (output: string) => stressAnswer(output, ops),
        expected: () => `${name}: ${ops} operations or more\nsuccessful run completed`,
      },
    ]),
  ),
  memoryMiB: 512,
  limit: 900,
};

/** Failures, whether all operations were done, and the verdict; neither times nor the operations done beyond those. */
function stressAnswer(output: string, ops: number): string {
  return output
    .split("\n")
    .map((line) => line.replace(/^stress-ng: (\w+): +\[\d+\] /, "$1: "))
    .flatMap((line) => {
      if (/^(fail|error): /.test(line)) return [line];
      const metrics = /^(?:info|metrc): +([\w-]+) +(\d+)(?: +[\d.]+){5}$/.exec(line);
      if (metrics) {
        const [, name, done] = metrics;
        return [`${name}: ${Number(done) >= ops ? `${ops} operations or more` : `only ${done} operations`}`];
      }
      const end = /(un)?successful run completed/.exec(line);
      return end ? [end[0]] : [];
    })
    .join("\n");
}

const schedule: Workload = {
  summary: "rt-tests: hackbench over sockets and pipes, processes and threads; cyclictest; priority inheritance",
  packages: ["rt-tests"],
  programs: ["usr/bin/hackbench", "usr/bin/cyclictest", "usr/bin/pip_stress"],
  loads: ["libgcc_s.so.1"],
  steps: {
    ...Object.fromEntries(
      Object.entries({
        sockets: "-g 2 -l 200",
        pipes: "-p -g 2 -l 200",
        threads: "-T -g 2 -l 200",
        "thread-pipes": "-T -p -g 2 -l 100 -s 4096",
      }).map(([name, options]) => [
        name,
        {
          command: `hackbench ${options}`,
          answer: (output: string) => output.replace(/^Time: [\d.]+$/m, "Time: some"),
        },
      ]),
    ),
    // It says nothing about a thread that waits for ever, but then it doesn't end.
    cyclictest: {
      command: "cyclictest -q -m -p 80 -t 2 -i 1000 -l 300",
      answer: (output) => output.replace(/C: .*$/gm, "").replace(/\( *\d+\)/g, ""),
    },
    // Whether there was an inversion is a matter of timing; it's success either way, in the program's own words.
    "priority-inheritance": {
      command: "pip_stress",
      answer: (output) =>
        output.replace(/^(No inversion incurred|Successfully used priority inheritance .*)$/, "success"),
      expected: () => "success",
    },
  },
  memoryMiB: 512,
  limit: 240,
};

const node: Workload = {
  summary: "node 18: a JIT compiler in the guest, WebAssembly, workers, timers; the host's node is the judge",
  packages: ["nodejs"],
  programs: ["usr/bin/node"],
  trees: ["acorn/dist", "acorn-walk/dist", "cjs-module-lexer", "undici"].map((module) => `usr/share/nodejs/${module}`),
  files: () => ({ "work/node.cjs": readFileSync(guestFile("node.cjs")) }),
  steps: {
    ...each(
      ["fib", "loop", "map", "numbers", "text", "libraries", "webassembly", "events", "worker"],
      (name): Step => ({ command: `node /work/node.cjs ${name}`, expected: () => hostNode(name) }),
    ),
    "interpreted-map": { command: "node --jitless /work/node.cjs map 2>/dev/null", expected: () => hostNode("map") },
  },
  memoryMiB: 768,
  limit: 400,
};

function hostNode(name: string): string {
  return runProgram(process.execPath, [guestFile("node.cjs"), name])
    .toString()
    .trim();
}

export const workloads: Readonly<Record<string, Workload>> = {
  busybox,
  openssl,
  gzip,
  zstd,
  lua,
  python,
  sqlite,
  esbuild,
  "stress-ng": stressNg,
  hackbench: schedule,
  node,
};
