/** The middle value, or the mean of the two middle ones. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (low === undefined || high === undefined) throw new Error("no values to take the median of");
  return (low + high) / 2;
}

/** Throws on an empty list. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new Error("no values to take the geometric mean of");
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
