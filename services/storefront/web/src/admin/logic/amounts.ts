/** Exact sums of amounts: in whole minor units of their currency, as the API counts. */

import { digitsOf } from '@/i18n/currency';

export { digitsOf };

export function toMinor(amount: number, currency: string): number {
  return Math.round(amount * 10 ** digitsOf(currency));
}

export function fromMinor(minor: number, currency: string): number {
  return minor / 10 ** digitsOf(currency);
}
