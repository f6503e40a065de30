/** The latest purchases, newest first, and which of them were made here. Pure. */
import type { Sale } from './board';

export interface Entry {
  id: number;
  product: string;
  pieces: number;
  /** Of these, bought by this visitor. */
  mine: number;
  /** When the feed told of it, in milliseconds since 1970. */
  at: number;
}

export interface Ticker {
  entries: readonly Entry[];
  /** Own pieces that were paid for and that the feed has not told of yet, by product. */
  awaited: Readonly<Record<string, number>>;
  last: number;
}

export const EMPTY: Ticker = { entries: [], awaited: {}, last: 0 };
const KEPT = 8;
/** The feed may be ahead of the answer that says an order is paid: so far back an entry may be one's own. */
const BEFORE_MS = 10_000;

/** The feed tells of sales. */
export function sold(ticker: Ticker, sales: readonly Sale[], at: number): Ticker {
  let { entries, last } = ticker;
  const awaited = { ...ticker.awaited };
  for (const { product, pieces } of sales) {
    const mine = Math.min(pieces, awaited[product] ?? 0);
    awaited[product] = (awaited[product] ?? 0) - mine;
    last += 1;
    entries = [{ id: last, product, pieces, mine, at }, ...entries].slice(0, KEPT);
  }
  return { entries, awaited, last };
}

/** An order of one piece that was placed here is paid. */
export function paid(ticker: Ticker, product: string, now: number): Ticker {
  const index = ticker.entries.findIndex((entry) => entry.product === product && entry.mine < entry.pieces && now - entry.at < BEFORE_MS);
  if (index < 0) return { ...ticker, awaited: { ...ticker.awaited, [product]: (ticker.awaited[product] ?? 0) + 1 } };
  return { ...ticker, entries: ticker.entries.map((entry, at) => (at === index ? { ...entry, mine: entry.mine + 1 } : entry)) };
}
