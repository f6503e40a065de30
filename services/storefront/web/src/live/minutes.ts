/** The chart: pieces sold by the minute. Read whole now and then, moved by the feed in between. Pure. */
import type { Sale } from './board';

export interface Point {
  /** When the minute began, in milliseconds since 1970. */
  at: number;
  first: number;
  second: number;
}

export interface MinuteTally {
  minute: string;
  sold: number;
}

/** By product, by minute. */
export type Series = ReadonlyMap<string, ReadonlyMap<number, number>>;

const MINUTE_MS = 60_000;

/** The beginning of a moment's minute. */
export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** What was read: minutes are UTC, without saying so. */
export function seriesOf(products: { product_id: string; minutes?: MinuteTally[] | undefined }[]): Series {
  return new Map(products.map(({ product_id, minutes }) => [product_id, new Map((minutes ?? []).map(({ minute, sold }) => [Date.parse(`${minute}:00Z`), sold]))]));
}

/** Where the chart ends above: round quarters of it reach the most pieces of a minute. */
export function topOf(most: number): number {
  const quarter = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(quarter));
  const round = (power > 1 ? [1, 2, 2.5, 3, 4, 5, 10] : [1, 2, 3, 4, 5, 10]).find((round) => round * power >= quarter) ?? 10;
  return 4 * round * power;
}

/** With these sales of this moment in it. */
export function moved(series: Series, sales: readonly Sale[], at: number): Series {
  const next = new Map(series);
  for (const { product, pieces } of sales) {
    const minutes = new Map(next.get(product));
    const minute = minuteOf(at);
    minutes.set(minute, (minutes.get(minute) ?? 0) + pieces);
    next.set(product, minutes);
  }
  return next;
}

/** The last minutes one by one, the running one last; those without a sale are zero. */
export function points(series: Series, [first, second]: readonly [string, string], now: number, count: number): Point[] {
  const last = minuteOf(now);
  return Array.from({ length: count }, (_, index) => {
    const at = last - (count - 1 - index) * MINUTE_MS;
    return { at, first: series.get(first)?.get(at) ?? 0, second: series.get(second)?.get(at) ?? 0 };
  });
}
