/** The tour's own order. Kept for the visit, so that a page that is loaded again still knows it. */
import { useEffect, useSyncExternalStore } from 'react';

import { usePerson } from '@/api/session';
import { session } from '@/api/storage';
import { buy, type Purchase, takeUp, usePurchases } from '@/live/purchases';

/** What is kept of it. */
export interface Kept {
  key: string;
  product: string;
  /** Whose it is, once that is known. */
  userId: string | null;
  /** Null until its answer was seen. */
  orderId: string | null;
}

const ORDER = 'tour_order';
const watchers = new Set<() => void>();

const isText = (value: unknown): value is string => typeof value === 'string';

/** Reads what was kept; null where there is nothing, or nothing of use. */
export function parse(text: string | null): Kept | null {
  try {
    const { key, product, userId, orderId } = JSON.parse(text ?? '{}') as Partial<Record<keyof Kept, unknown>>;
    return isText(key) && isText(product) ? { key, product, userId: isText(userId) ? userId : null, orderId: isText(orderId) ? orderId : null } : null;
  } catch {
    return null;
  }
}

let kept = parse(session.get(ORDER));

function keep(next: Kept | null): void {
  kept = next;
  session.set(ORDER, next && JSON.stringify(next));
  for (const watcher of watchers) watcher();
}

/** Orders one piece, as the tour's order from here on. */
export function place(product: string, language: string): void {
  void buy(product, language, (key) => keep({ key, product, userId: null, orderId: null }));
}

/** Sends the tour's order again, of which nobody knows whether it was ordered. */
export function resend(order: Kept, language: string): void {
  void takeUp(order, language);
}

/** The tour's order is nobody's any more: the next one begins anew. */
export function drop(): void {
  keep(null);
}

/** The tour's order, and how it goes as far as this page has seen; null where there is none, or it is somebody else's. */
export function useTourOrder(): { order: Kept; purchase: Purchase | undefined } | null {
  const order = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => kept,
  );
  const person = usePerson();
  const purchase = usePurchases().find(({ key }) => key === order?.key);
  useEffect(() => {
    if (!order || !purchase || (purchase.orderId === order.orderId && purchase.userId === order.userId)) return;
    keep({ ...order, userId: purchase.userId ?? order.userId, orderId: purchase.orderId ?? order.orderId });
  }, [order, purchase]);
  return order === null || (order.userId !== null && person !== null && person.userId !== order.userId) ? null : { order, purchase };
}
