/** Purchases made on this page: each one press, one key, one order, followed to its end. They outlive a change of pages. */
import { useSyncExternalStore } from 'react';

import { api, body, newKey, type Schemas } from '@/api/client';
import { isPassing, ProblemError } from '@/api/problem';
import { someone } from '@/api/session';

export type Stage = 'sending' | 'failed' | Schemas['OrderStage'];

export interface Purchase {
  /** Its `Idempotency-Key`. */
  key: string;
  product: string;
  orderId: string | null;
  stage: Stage;
  reason: string | undefined;
  /** Why it was not placed. */
  error: unknown;
  at: number;
}

const FINAL: readonly Stage[] = ['paid', 'shipped', 'cancelled', 'failed'];
const KEPT = 50;
const TRIES = 4;
/** What takes longer is left to the page of the order. */
const FOLLOWED_MS = 60_000;

let purchases: readonly Purchase[] = [];
const watchers = new Set<() => void>();
const buyers = new Set<(product: string) => void>();

export const isOver = (stage: Stage): boolean => FINAL.includes(stage);
export const isBought = (stage: Stage): boolean => stage === 'paid' || stage === 'shipped';

function put(key: string, change: Partial<Purchase>): void {
  purchases = purchases.map((purchase) => (purchase.key === key ? { ...purchase, ...change } : purchase));
  for (const watcher of watchers) watcher();
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Places the order: the same key on every try, so that however often it is sent, it is one. */
async function place(product: string, key: string, language: string): Promise<Schemas['OrderAccepted']> {
  let sent = false;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await someone(language);
      sent = true;
      return await body(api.POST('/orders', { params: { header: { 'Idempotency-Key': key } }, body: { items: [{ product_id: product, quantity: 1 }] } }));
    } catch (error) {
      // A guest's time may be over. Another guest's key would be another order, so only what was surely refused goes again.
      const isRefused = error instanceof ProblemError && error.status === 401 && attempt === 0 && sent;
      if (!(isPassing(error) || isRefused) || attempt + 1 >= TRIES) throw error;
      const told = error instanceof ProblemError ? error.retryAfter : undefined;
      await pause(told === undefined ? 300 * 2 ** attempt * (0.5 + Math.random()) : told * 1000);
    }
  }
}

async function follow(key: string, product: string, orderId: string): Promise<void> {
  const end = Date.now() + FOLLOWED_MS;
  let stage: Stage = 'pending';
  for (let wait = 200; !isOver(stage) && Date.now() < end; wait = Math.min(wait * 1.4, 3000)) {
    await pause(wait);
    try {
      const order = await body(api.GET('/orders/{id}', { params: { path: { id: orderId } } }));
      stage = order.status;
      put(key, { stage, reason: order.reason });
      if (isBought(stage)) for (const bought of buyers) bought(product);
    } catch {
      // Asked again.
    }
  }
}

/** Calls this with the product of each purchase that is paid for, until the answer is called. */
export function whenBought(bought: (product: string) => void): () => void {
  buyers.add(bought);
  return () => {
    buyers.delete(bought);
  };
}

/** Buys one piece. */
export async function buy(product: string, language: string): Promise<void> {
  const key = newKey();
  purchases = [{ key, product, orderId: null, stage: 'sending' as const, reason: undefined, error: null, at: Date.now() }, ...purchases].slice(0, KEPT);
  put(key, {});
  try {
    const accepted = await place(product, key, language);
    put(key, { orderId: accepted.order_id, stage: accepted.status });
    await follow(key, product, accepted.order_id);
  } catch (error) {
    put(key, { stage: 'failed', error });
  }
}

export function usePurchases(): readonly Purchase[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => purchases,
  );
}
