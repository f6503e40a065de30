import type { Schemas } from '@/api/client';

import type { Product } from './products';

export interface Category {
  name: string;
  /** How many are in it; unknown without a search. */
  count: number | undefined;
}

/** Categories to choose from: those that a search has counted, else those of the products that are shown; always the chosen one. */
export function categories(chosen: string | null, counted: readonly Schemas['CategoryCount'][] | null, products: readonly Product[]): Category[] {
  const found: Category[] = counted
    ? counted.map(({ category, count }) => ({ name: category, count }))
    : [...new Set(products.flatMap((product) => product.categories ?? []))].sort().map((name) => ({ name, count: undefined }));
  return chosen && !found.some(({ name }) => name === chosen) ? [{ name: chosen, count: undefined }, ...found] : found;
}
