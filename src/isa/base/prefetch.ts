/** A PRFM operation: type (PLD, PLI, PST), cache level and policy, or the number when it has no name. */
export function prefetchName(operation: number): string {
  const type = ["pld", "pli", "pst"][operation >> 3];
  const level = (operation >> 1) & 3;
  if (type === undefined || level === 3) return `#0x${operation.toString(16).padStart(2, "0")}`;
  return `${type}l${level + 1}${operation & 1 ? "strm" : "keep"}`;
}
