import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Sale } from './board';
import { MINUTES, type Pair, useTally } from './data';
import { moved, points, type Series, seriesOf } from './minutes';
import { buy, whenBought } from './purchases';
import { EMPTY, paid, sold, type Ticker } from './ticker';
import { useFeed } from './useFeed';

/** Sales of a product: how many times there were some, and how many pieces the last time. */
export interface Beat {
  beats: number;
  pieces: number;
}

const STILL: Beat = { beats: 0, pieces: 0 };
/** How often "3 seconds ago" is told anew. */
const CLOCK_MS = 5_000;

function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), CLOCK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** All that moves on the live page, of these two. */
export function useLive(pair: Pair) {
  const { i18n } = useTranslation();
  const now = useNow();
  const tally = useTally();
  const [ticker, setTicker] = useState<Ticker>(EMPTY);
  const [beats, setBeats] = useState<Readonly<Record<string, Beat>>>({});
  // What was sold since the minutes were read last.
  const [since, setSince] = useState<{ of: number; series: Series | null }>({ of: 0, series: null });
  const read = tally.dataUpdatedAt;

  const hear = useCallback(
    (sales: Sale[], at: number) => {
      setTicker((before) => sold(before, sales, at));
      setBeats((before) => ({ ...before, ...Object.fromEntries(sales.map(({ product, pieces }) => [product, { beats: (before[product]?.beats ?? 0) + 1, pieces }])) }));
      if (tally.data) {
        const whole = seriesOf(tally.data.products);
        setSince((before) => ({ of: read, series: moved(before.of === read && before.series ? before.series : whole, sales, at) }));
      }
    },
    [tally.data, read],
  );
  const { link, board, check } = useFeed(pair, hear);

  useEffect(() => whenBought((product) => setTicker((before) => paid(before, product, Date.now()))), []);

  useEffect(() => {
    // Where the minutes know of more than the feed has told, the feed has a gap.
    for (const { product_id, sold } of tally.data?.products ?? []) if (product_id === pair[0] || product_id === pair[1]) check(product_id, sold);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once a reading
  }, [read]);

  const series = since.of === read && since.series ? since.series : seriesOf(tally.data?.products ?? []);
  return {
    link,
    board,
    now,
    entries: ticker.entries,
    beat: (product: string): Beat => beats[product] ?? STILL,
    points: points(series, pair, board ? Math.max(now.getTime(), board.at) : now.getTime(), MINUTES),
    hasPoints: tally.data !== undefined || tally.isError,
    order: (product: string) => void buy(product, i18n.language),
  };
}
