import { keepPreviousData, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { queries } from '@/app/query';

import { limited } from './limited';
import { query, type Wish } from './wish';

export type Product = Schemas['Product'];
export type Found = Pick<Schemas['FoundProducts'], 'total' | 'complete' | 'facets' | 'corrected'>;

const PAGE = 24;
/** Products found one by one are fresh for as long as it takes to look at them. */
const FRESH_MS = 15_000;
/** Products of a cart that are read at a time: after a write each of them is a read that may wait, and a caller has few of those. */
const inTurn = limited(4);

interface Page {
  items: Product[];
  next: string | null;
  /** What a search tells beside its page; a list without words has none. */
  found: Found | null;
}

/** Entries that can be read: a damaged one has nothing to show. */
export function whole<T extends object>(items: readonly (T | Schemas['DamagedEntry'])[]): T[] {
  return items.filter((item): item is T => !('damaged' in item));
}

async function page(wish: Wish, cursor: string | null, signal: AbortSignal): Promise<Page> {
  const common = { ...query(wish), limit: PAGE, ...(cursor && { cursor }) };
  if (wish.q) {
    const { items, next_cursor, ...found } = await body(api.GET('/search/products', { params: { query: { q: wish.q, ...common } }, signal }));
    return { items: whole(items), next: next_cursor, found };
  }
  const list = await body(api.GET('/products', { params: { query: { ...common, sort: wish.sort } }, signal }));
  return { items: whole(list.items), next: list.next_cursor, found: null };
}

/** Products that meet the wish, page by page. What was found before stays until the new is there. */
export function useProductPages(wish: Wish) {
  return useInfiniteQuery({
    queryKey: ['products', 'pages', wish],
    queryFn: async ({ pageParam, signal }) => {
      const found = await page(wish, pageParam, signal);
      // Whoever opens one of them sees it at once. The list lacks other languages' descriptions, so it is asked for again.
      for (const product of found.items) {
        const key = ['products', 'one', product.product_id];
        if (!queries.getQueryData(key)) queries.setQueryData(key, product, { updatedAt: Date.now() - FRESH_MS });
      }
      return found;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

const one = (id: string) => ({
  queryKey: ['products', 'one', id],
  queryFn: ({ signal }: { signal: AbortSignal }) => body(api.GET('/products/{id}', { params: { path: { id } }, signal })),
  staleTime: FRESH_MS,
});

export function useProduct(id: string) {
  return useQuery(one(id));
}

/** Several by id, as a cart needs them. One that is not on sale is missing. */
export function useProducts(ids: readonly string[]): { of: (id: string) => Product | undefined; isGone: (id: string) => boolean } {
  const results = useQueries({ queries: ids.map(one).map((query) => ({ ...query, queryFn: (context: { signal: AbortSignal }) => inTurn(() => query.queryFn(context)) })) });
  const at = (id: string) => results[ids.indexOf(id)];
  return { of: (id) => at(id)?.data, isGone: (id) => isGone(at(id)?.error) };
}

export function isGone(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404;
}

/** What a product that is gone was called: the API still shows its first version. */
export function useFormerName(id: string, enabled: boolean): string | undefined {
  const former = useQuery({
    queryKey: ['products', 'former', id],
    queryFn: ({ signal }) => body(api.GET('/products/{id}', { params: { path: { id }, query: { as_of: '1' } }, signal })),
    enabled,
    staleTime: Infinity,
    retry: false,
  });
  return former.data?.name;
}

/** Names that begin so. */
export function useSuggestions(q: string) {
  return useQuery({
    queryKey: ['products', 'suggestions', q],
    queryFn: ({ signal }) => body(api.GET('/search/suggestions', { params: { query: { q, limit: 8 } }, signal })),
    enabled: q.length > 0,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
