import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body, type Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { usePerson } from '@/api/session';

import type { Earlier } from './own';
import { isBought } from './purchases';

export type Pair = readonly [string, string];

/** Who they are where the street does not say: one that is older than the choice, or away for a moment. */
const DEFAULT: Pair = ['prod_kinoko', 'prod_takenoko'];
const A_MINUTE = 60_000;
/** Minutes that the chart has. */
export const MINUTES = 30;
const OWN_ORDERS = 50;
const NONE: readonly Earlier[] = [];

/** The two rivals; undefined until the street has been asked. Another choice shows within a minute. */
export function useRivals(): Pair | undefined {
  const rivals = useQuery({
    queryKey: ['tally', 'rivals'],
    queryFn: ({ signal }) => body(api.GET('/tally/rivals', { signal })),
    select: ({ first, second }): Pair => [first, second],
    refetchInterval: A_MINUTE,
    retry: 1,
  });
  return rivals.data ?? (rivals.errorUpdateCount > 0 ? DEFAULT : undefined);
}

/** A rival as the shop sells it; `null` where it is not on sale. */
export function useProduct(id: string): { product: Schemas['Product'] | null | undefined; error: unknown } {
  const { i18n } = useTranslation();
  const found = useQuery({
    queryKey: ['live', 'product', id, i18n.language],
    queryFn: async ({ signal }) => {
      try {
        return await body(api.GET('/products/{id}', { params: { path: { id } }, signal }));
      } catch (error) {
        if (error instanceof ProblemError && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: A_MINUTE,
  });
  return { product: found.data, error: found.error };
}

/** What was sold by the minute, read whole once a minute: the feed moves it in between. */
export function useTally() {
  return useQuery({
    queryKey: ['tally', 'minutes', MINUTES],
    queryFn: ({ signal }) => body(api.GET('/tally', { params: { query: { minutes: MINUTES } }, signal })),
    refetchInterval: A_MINUTE,
  });
}

/** Orders of earlier visits that are paid for: what each has of which product. */
export function useEarlier(): readonly Earlier[] {
  const person = usePerson();
  const orders = useQuery({
    queryKey: ['live', 'earlier', person?.userId],
    queryFn: ({ signal }) => body(api.GET('/orders', { params: { query: { limit: OWN_ORDERS } }, signal })),
    enabled: person !== null && person.kind !== 'administrator',
    staleTime: Infinity,
    select: ({ items }): Earlier[] => items.flatMap((order) => ('items' in order && isBought(order.status) ? [{ orderId: order.order_id, items: order.items }] : [])),
  });
  return orders.data ?? NONE;
}
