import { expect, it } from "vitest";
import { TranslationConfigurations } from "./translation-configurations.js";

it("gives equal configurations equal numbers, and others others", () => {
  const configurations = new TranslationConfigurations();
  const words = [1, 2, 3, 4, 5, 6, 7, 8] as const;
  const first = configurations.find(...words);
  const numbers = words.map((_, changed) => {
    const [a, b, c, d, e, f, g, h] = words.map((word, n) => (n === changed ? -word : word));
    return configurations.find(a!, b!, c!, d!, e!, f!, g!, h!);
  });
  expect(new Set([first, ...numbers]).size).toBe(9);
  expect(configurations.find(...words)).toBe(first);
});

it("never gives a number again to another configuration", () => {
  const configurations = new TranslationConfigurations();
  const seen = new Set<number>();
  for (let n = 0; n < 100; n++) seen.add(configurations.find(n, 0, 0, 0, 0, 0, 0, 0));
  expect(seen.size).toBe(100);
  expect(seen.has(configurations.find(0, 0, 0, 0, 0, 0, 0, 0))).toBe(false);
});
