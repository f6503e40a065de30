const digits = new Map<string, number>();

/** How many digits a currency has after the point: 0 for yen, 2 for dollars. */
export function digitsOf(currency: string): number {
  let known = digits.get(currency);
  if (known === undefined) {
    known = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    digits.set(currency, known);
  }
  return known;
}
