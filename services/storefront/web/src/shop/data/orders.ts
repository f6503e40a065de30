import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '@/api/client';
import { usePerson } from '@/api/session';

import { formerGuests } from './guests';
import { isGone, whole } from './products';

export type Order = Schemas['Order'];
export type Happened = Schemas['Happened'];
export type Payment = Schemas['Payment'];

const PAGE = 20;

export function useOrders() {
  const person = usePerson();
  return useInfiniteQuery({
    queryKey: ['orders', 'list', person?.userId],
    queryFn: async ({ pageParam, signal }) => {
      const list = await body(api.GET('/orders', { params: { query: { limit: PAGE, ...(pageParam && { cursor: pageParam }) } }, signal }));
      return { items: whole(list.items), next: list.next_cursor };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: person !== null,
  });
}

/** Orders of guests that this browser was before. */
export function useFormerOrders() {
  return useQuery({
    queryKey: ['orders', 'former'],
    queryFn: async ({ signal }) => {
      const lists = formerGuests().map(({ token }) => api.GET('/orders', { params: { query: { limit: PAGE } }, headers: { authorization: `Bearer ${token}` }, signal }));
      const found = (await Promise.allSettled(lists)).flatMap((list) => (list.status === 'fulfilled' ? whole(list.value.data?.items ?? []) : []));
      return found.sort((a, b) => b.placed_at.localeCompare(a.placed_at));
    },
    enabled: () => formerGuests().length > 0,
  });
}

export function isFinal(order: Order): boolean {
  const open = order.refunds?.some((refund) => refund.status === 'requested') ?? false;
  return (order.status === 'shipped' || order.status === 'cancelled') && !open;
}

/** How long until an order is looked at again, in milliseconds: often while something happens by itself, seldom while people act. */
export function lookAgain(order: Order | undefined, looked: number): number | false {
  if (!order) return false;
  if (order.status === 'pending' || order.status === 'confirmed') return looked < 20 ? 700 : 3_000;
  return isFinal(order) ? false : 15_000;
}

/** Who may read: the one that is signed in, whoever has the order's key, or a guest this browser was before. */
export async function asWhoMay<T>(read: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  try {
    return await read({});
  } catch (error) {
    if (!isGone(error)) throw error;
    for (const { token } of formerGuests()) {
      try {
        return await read({ authorization: `Bearer ${token}` });
      } catch (other) {
        if (!isGone(other)) throw other;
      }
    }
    throw error;
  }
}

export function useOrder(id: string, key: string | null) {
  const person = usePerson();
  return useQuery({
    queryKey: ['orders', 'one', id, key ?? person?.userId],
    queryFn: ({ signal }) => asWhoMay((headers) => body(api.GET('/orders/{id}', { params: { path: { id }, query: key ? { key } : {} }, headers, signal }))),
    enabled: key !== null || person !== null,
    refetchInterval: ({ state }) => lookAgain(state.data, state.dataUpdateCount),
  });
}

/** What happened in all services; only its owner may read it, so who has a key alone sees the order without. */
export function useHistory(order: Order | undefined) {
  const person = usePerson();
  const id = order?.order_id ?? '';
  const own = person !== null && order?.user_id !== undefined;
  return useQuery({
    queryKey: ['orders', 'history', id, person?.userId],
    queryFn: async ({ signal }) => (await asWhoMay((headers) => body(api.GET('/orders/{id}/history', { params: { path: { id } }, headers, signal })))).items,
    enabled: own,
    // It follows the order; mails and money come a little behind its last event.
    refetchInterval: ({ state }) => order && (lookAgain(order, state.dataUpdateCount) || (state.dataUpdateCount < 30 && 3_000)),
    staleTime: 0,
    retry: false,
  });
}
