#!/usr/bin/env node
/**
 * scripts/pack-bundle.js OUTPUT KIND:NAME=FILE...: packs files into a bundle (guest/include/bundle.h).
 * KIND is program, application, domain, kernel, bundle or text.
 */
import { readFileSync, writeFileSync } from "node:fs";

const KINDS = { program: 1, application: 2, kernel: 3, bundle: 4, text: 5, domain: 6 };
const ALIGN = 4096;
const NAME_SIZE = 40;
const HEADER_SIZE = 32;
const ENTRY_SIZE = 64;

function fail(why) {
  console.error(`pack-bundle: ${why}`);
  process.exit(1);
}

function parse(argument) {
  const match = /^(\w+):([^=]+)=(.+)$/.exec(argument);
  if (!match) fail(`"${argument}" isn't KIND:NAME=FILE`);
  const [, kind, name, file] = match;
  if (!Object.hasOwn(KINDS, kind)) fail(`"${kind}" in "${argument}" isn't one of ${Object.keys(KINDS).join(", ")}`);
  if (Buffer.byteLength(name) >= NAME_SIZE) fail(`the name "${name}" is longer than ${NAME_SIZE - 1} bytes`);
  try {
    return { kind: KINDS[kind], name, data: readFileSync(file) };
  } catch (error) {
    return fail(`can't read ${file}: ${error.message}`);
  }
}

const align = (size) => Math.ceil(size / ALIGN) * ALIGN;

const [output, ...rest] = process.argv.slice(2);
if (!output || rest.length === 0) fail("usage: pack-bundle.js OUTPUT KIND:NAME=FILE...");
const files = rest.map(parse);
if (new Set(files.map((f) => f.name)).size < files.length) fail("two files have the same name");

const first = align(HEADER_SIZE + ENTRY_SIZE * files.length);
const bundle = Buffer.alloc(files.reduce((size, file) => size + align(file.data.length), first));
bundle.write("TZBundle", 0);
bundle.writeUInt32LE(1, 8);
bundle.writeUInt32LE(files.length, 12);
bundle.writeBigUInt64LE(BigInt(bundle.length), 16);
let offset = first;
files.forEach((file, n) => {
  const at = HEADER_SIZE + ENTRY_SIZE * n;
  bundle.write(file.name, at);
  bundle.writeUInt32LE(file.kind, at + NAME_SIZE);
  bundle.writeBigUInt64LE(BigInt(offset), at + NAME_SIZE + 8);
  bundle.writeBigUInt64LE(BigInt(file.data.length), at + NAME_SIZE + 16);
  file.data.copy(bundle, offset);
  offset += align(file.data.length);
});
writeFileSync(output, bundle);
