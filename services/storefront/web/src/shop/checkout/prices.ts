import type { Schemas } from '@/api/client';
import { ProblemError } from '@/api/problem';

/** A product that costs something else than when it was put into the cart. */
export interface ChangedPrice {
  product_id: string;
  price_in_cart: number;
  price: number;
  currency: Schemas['Currency'];
}

/** Both prices of each product that a refused order named. */
export function changedPrices(error: unknown): ChangedPrice[] | null {
  if (!(error instanceof ProblemError) || error.slug !== 'prices-changed') return null;
  const prices = error.problem['prices'];
  return Array.isArray(prices) ? (prices as ChangedPrice[]) : [];
}

/** What the cart costs at these prices. */
export function totalAt(items: readonly { product_id: string; price: number; quantity: number }[], changes: readonly ChangedPrice[]): number {
  const now = new Map(changes.map((change) => [change.product_id, change.price]));
  return items.reduce((sum, item) => sum + (now.get(item.product_id) ?? item.price) * item.quantity, 0);
}
