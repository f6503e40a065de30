/** What the visitor looks for: words, filters and order, kept in the address so that it can be shared and gone back to. */
import type { Schemas } from '@/api/client';

export type Sort = Schemas['ProductSort'];
export const SORTS: readonly Sort[] = ['oldest', 'newest', 'price', '-price', 'name'];

export interface Wish {
  q: string;
  category: string | null;
  /** Prices in major units, both ends included. */
  min: number | null;
  max: number | null;
  inStock: boolean;
  sort: Sort;
}

export const NO_WISH: Wish = { q: '', category: null, min: null, max: null, inStock: false, sort: 'oldest' };

function price(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** Reads the address; what makes no sense there is left out. */
export function read(params: URLSearchParams): Wish {
  const sort = SORTS.find((sort) => sort === params.get('sort')) ?? NO_WISH.sort;
  return {
    q: (params.get('q') ?? '').trim().slice(0, 200),
    category: params.get('category')?.trim() || null,
    min: price(params.get('min')),
    max: price(params.get('max')),
    inStock: params.get('stock') === '1',
    sort,
  };
}

/** Writes the address: only what differs from no wish at all. */
export function write(wish: Wish): URLSearchParams {
  const params = new URLSearchParams();
  if (wish.q) params.set('q', wish.q);
  if (wish.category) params.set('category', wish.category);
  if (wish.min !== null) params.set('min', String(wish.min));
  if (wish.max !== null) params.set('max', String(wish.max));
  if (wish.inStock) params.set('stock', '1');
  if (wish.sort !== NO_WISH.sort) params.set('sort', wish.sort);
  return params;
}

/** How many filters are set, beside the words. */
export function filters(wish: Wish): number {
  return [wish.category !== null, wish.min !== null || wish.max !== null, wish.inStock].filter(Boolean).length;
}

/** The filters as the API takes them. */
export function query(wish: Wish): { category?: string; min_price?: number; max_price?: number; in_stock?: boolean } {
  return {
    ...(wish.category !== null && { category: wish.category }),
    ...(wish.min !== null && { min_price: wish.min }),
    ...(wish.max !== null && { max_price: wish.max }),
    ...(wish.inStock && { in_stock: true }),
  };
}
