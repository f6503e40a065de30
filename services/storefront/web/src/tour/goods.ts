/** What the tour orders. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { useRivals } from '@/live/data';

export interface Goods {
  id: string;
  name: string;
}

async function rival(id: string, signal: AbortSignal): Promise<Goods | null> {
  try {
    const { name, stock } = await body(api.GET('/products/{id}', { params: { path: { id } }, signal }));
    return stock > 0 ? { id, name } : null;
  } catch (error) {
    // Rivals need not be on sale.
    if (error instanceof ProblemError && error.status === 404) return null;
    throw error;
  }
}

/** Something that can be bought now: a rival of the live page, else whatever there is; null where there is nothing. */
export function useGoods() {
  const { i18n } = useTranslation();
  const pair = useRivals();
  return useQuery({
    queryKey: ['tour', 'goods', i18n.language, pair],
    enabled: pair !== undefined,
    // Asked for each time the step is reached: it may be sold by now.
    gcTime: 0,
    queryFn: async ({ signal }): Promise<Goods | null> => {
      for (const id of pair ?? []) {
        const found = await rival(id, signal);
        if (found) return found;
      }
      const { items } = await body(api.GET('/products', { params: { query: { in_stock: true, limit: 10 } }, signal }));
      const [first] = items.flatMap((item) => ('name' in item ? [item] : []));
      return first ? { id: first.product_id, name: first.name } : null;
    },
  });
}
