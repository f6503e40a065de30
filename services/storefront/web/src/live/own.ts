/** What this visitor has bought. Pure. */
import type { Purchase } from './purchases';

export interface Earlier {
  orderId: string;
  items: readonly { product_id: string; quantity: number }[];
}

/** Own pieces of a product that are paid for: those of earlier visits, and those from this page, each order once. */
export function own(product: string, earlier: readonly Earlier[], purchases: readonly Purchase[]): number {
  const here = new Set(purchases.map(({ orderId }) => orderId));
  const before = earlier.filter(({ orderId }) => !here.has(orderId)).flatMap(({ items }) => items).filter((item) => item.product_id === product);
  const now = purchases.filter((purchase) => purchase.product === product && (purchase.stage === 'paid' || purchase.stage === 'shipped'));
  return before.reduce((sum, { quantity }) => sum + quantity, now.length);
}
