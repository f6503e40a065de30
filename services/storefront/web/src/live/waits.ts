/** How long to wait before connecting again, in milliseconds: random, so that thousands don't come at once; growing, up to 15 s. */
export function waitBefore(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(15_000, 500 * 2 ** attempt);
  return longest * (0.2 + 0.8 * random());
}
