import type { Choice } from '@/ui/Field';

/** What can be chosen. A product that is chosen stands there also when it is not on sale (any longer), by its id. */
export function choices(products: readonly Choice[], chosen: string): readonly Choice[] {
  return products.some(({ id }) => id === chosen) ? products : [{ id: chosen, text: chosen }, ...products];
}
