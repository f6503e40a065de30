/** Purchases made on this page: each one press, one key, one order, followed to its end. They outlive a change of pages. */
import { useSyncExternalStore } from 'react';

import { api, body, newKey, type Schemas } from '@/api/client';
import { isPassing, ProblemError } from '@/api/problem';
import { someone, watch, whoIsHere } from '@/api/session';

/** `unsure`: sent, and never answered. It may be an order. */
export type Stage = 'sending' | 'unsure' | 'failed' | Schemas['OrderStage'];

export interface Purchase {
  /** Its `Idempotency-Key`. */
  key: string;
  product: string;
  /** Whose it is, once it is known who sends it. */
  userId: string | null;
  orderId: string | null;
  stage: Stage;
  reason: string | undefined;
  /** Why it was not placed, or why nobody knows. */
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

function show(next: readonly Purchase[]): void {
  purchases = next;
  for (const watcher of watchers) watcher();
}

const find = (key: string) => purchases.find((purchase) => purchase.key === key);
const put = (key: string, change: Partial<Purchase>) => show(purchases.map((purchase) => (purchase.key === key ? { ...purchase, ...change } : purchase)));

const isOwn = ({ userId }: Purchase) => userId === null || userId === whoIsHere().person?.userId;

// Nobody sees what somebody else has bought here. What is being sent is left to who sends it: a guest may just be followed by another.
watch(() => {
  const own = purchases.filter((purchase) => purchase.stage === 'sending' || isOwn(purchase));
  if (own.length < purchases.length) show(own);
});

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Places the order: the same key on every try, so that however often it is sent, it is one. Null where its buyer has left. */
async function place(key: string, product: string, language: string): Promise<Schemas['OrderAccepted'] | null> {
  for (let attempt = 0; ; attempt += 1) {
    const purchase = find(key);
    // Another person's key would be another order.
    if (!purchase || !isOwn(purchase)) return null;
    try {
      put(key, { userId: (await someone(language)).userId });
      return await body(api.POST('/orders', { params: { header: { 'Idempotency-Key': key } }, body: { items: [{ product_id: product, quantity: 1 }] } }));
    } catch (error) {
      // A guest's time may be over: what was surely refused may be sent by another guest.
      const isRefused = error instanceof ProblemError && error.status === 401 && attempt === 0;
      if (!(isPassing(error) || isRefused) || attempt + 1 >= TRIES) throw error;
      if (isRefused) put(key, { userId: null });
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
    if (!find(key)) return;
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

async function order(key: string, product: string, language: string): Promise<void> {
  try {
    const accepted = await place(key, product, language);
    const sent = find(key);
    if (!accepted || !sent || !isOwn(sent)) {
      show(purchases.filter((purchase) => purchase.key !== key));
      return;
    }
    put(key, { orderId: accepted.order_id, stage: accepted.status });
    await follow(key, product, accepted.order_id);
  } catch (error) {
    put(key, { stage: isPassing(error) ? 'unsure' : 'failed', error });
  }
}

/** Buys one piece, and tells `sent` its key. Where it is not known what became of the last one of this product, that one is sent again first. */
export async function buy(product: string, language: string, sent?: (key: string) => void): Promise<void> {
  const open = purchases.find((purchase) => purchase.product === product && purchase.stage === 'unsure');
  const key = open?.key ?? newKey();
  sent?.(key);
  if (open) return again(open, language);
  show([{ key, product, userId: null, orderId: null, stage: 'sending' as const, reason: undefined, error: null, at: Date.now() }, ...purchases].slice(0, KEPT));
  await order(key, product, language);
}

/** Sends one again of which nobody knows whether it was ordered: with its key, so it is ordered once. */
export async function again({ key, product }: Purchase, language: string): Promise<void> {
  if (find(key)?.stage !== 'unsure') return;
  put(key, { stage: 'sending', error: null });
  await order(key, product, language);
}

/** Sends one again that was sent before this page was loaded, and whose answer was never seen: with its key, so it is ordered once. */
export async function takeUp({ key, product, userId }: Pick<Purchase, 'key' | 'product' | 'userId'>, language: string): Promise<void> {
  const found = find(key);
  const purchase = found ?? { key, product, userId, orderId: null, stage: 'unsure' as const, reason: undefined, error: null, at: Date.now() };
  if (!found) show([purchase, ...purchases].slice(0, KEPT));
  await again(purchase, language);
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
