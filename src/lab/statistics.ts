/** How a quantity was distributed over crossings. */
export interface Distribution {
  readonly minimum: number;
  readonly mean: number;
  readonly median: number;
  /** The 99th percentile: the smallest value that 99 % don't exceed. */
  readonly p99: number;
  readonly maximum: number;
}

/** The distribution of at least one value. */
export function distributionOf(values: readonly number[]): Distribution {
  if (values.length === 0) throw new RangeError("there is no distribution of no values");
  const sorted = Float64Array.from(values).sort();
  const percentile = (p: number): number => sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)]!;
  return {
    minimum: sorted[0]!,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: percentile(50),
    p99: percentile(99),
    maximum: sorted.at(-1)!,
  };
}

/** From the smallest to the largest. */
export function jitterOf({ minimum, maximum }: Distribution): number {
  return maximum - minimum;
}
