import { useEffect, useRef, useState } from 'react';

import type { Sale } from './board';
import { Feed, type Seen } from './feed';

/** The live feed of these products, while the page shows it. `feed` is for checks by another source. */
export function useFeed(products: readonly string[], sold: (sales: Sale[], at: number) => void): Seen & { check: (product: string, sold: number) => void } {
  const [seen, setSeen] = useState<Seen>({ link: 'connecting', board: null });
  const feed = useRef<Feed | null>(null);
  const hear = useRef(sold);
  useEffect(() => {
    hear.current = sold;
  });
  const key = products.join(',');
  useEffect(() => {
    if (key === '') return undefined;
    const opened = new Feed(key.split(','), setSeen, (sales, at) => hear.current(sales, at));
    feed.current = opened;
    return () => {
      feed.current = null;
      opened.close();
      setSeen({ link: 'connecting', board: null });
    };
  }, [key]);
  return { ...seen, check: (product, sold) => feed.current?.check(product, sold) };
}
