import type { Schemas } from '@/api/client';

import { fromMinor, toMinor } from './amounts';

type Order = Schemas['Order'];

/** What somebody wants to give back. */
export interface Wish {
  kind: 'all' | 'lines' | 'amount';
  /** Pieces by product; of `lines`. */
  pieces: Readonly<Record<string, number>>;
  /** Another amount than the pieces cost, or an amount for none; in major units. */
  amount?: number | undefined;
  /** Whether the pieces are sold again. */
  restock: boolean;
  reason: string;
}

export type Fault = 'nothing' | 'too_much' | 'too_many_pieces' | 'no_reason' | 'too_long' | 'not_refundable' | 'all_gone' | 'not_shipped_kept';

/** The money of an order before and after a refund, in major units. */
export interface Preview {
  paid: number;
  /** Went back already. */
  before: number;
  /** Decided before, and still under way. */
  pending: number;
  given: number;
  /** What the shop still keeps then. */
  stays: number;
  /** How much can be given back at most. */
  most: number;
  faults: Fault[];
}

/** Characters that a reason may have. */
export const REASON_MOST = 200;

/** Pieces of each product that no refund was asked for yet. */
export function piecesLeft(order: Order): Map<string, number> {
  const left = new Map(order.items.map(({ product_id, quantity }) => [product_id, quantity]));
  for (const refund of order.refunds ?? []) {
    if (refund.status === 'declined') continue;
    for (const { product_id, quantity } of refund.lines ?? []) left.set(product_id, Math.max(0, (left.get(product_id) ?? 0) - quantity));
  }
  return left;
}

export function isRefundable(order: Order): boolean {
  return order.status === 'paid' || order.status === 'shipped';
}

/** What a refund would do, reckoned as the API does: pieces at the prices of the order, never more than is left. */
export function preview(order: Order, wish: Wish): Preview {
  const minor = (amount: number) => toMinor(amount, order.currency);
  const sum = (status: string) => (order.refunds ?? []).filter((refund) => refund.status === status).reduce((all, { amount }) => all + minor(amount), 0);
  const paid = isRefundable(order) ? minor(order.total) : 0;
  const before = sum('refunded');
  const pending = sum('requested');
  const most = Math.max(0, paid - before - pending);
  const left = piecesLeft(order);
  const faults: Fault[] = [];
  const chosen = order.items.map((item) => ({ ...item, pieces: wish.kind === 'lines' ? (wish.pieces[item.product_id] ?? 0) : 0 }));
  const worth = chosen.reduce((all, { pieces, price }) => all + pieces * minor(price), 0);
  const given = wish.kind === 'all' ? most : minor(wish.kind === 'lines' ? (wish.amount ?? fromMinor(worth, order.currency)) : (wish.amount ?? 0));
  if (!isRefundable(order)) faults.push('not_refundable');
  else if (most === 0) faults.push('all_gone');
  else if (given <= 0 || Number.isNaN(given)) faults.push('nothing');
  else if (given > most) faults.push('too_much');
  if (chosen.some(({ pieces, product_id }) => pieces > (left.get(product_id) ?? 0))) faults.push('too_many_pieces');
  // A part of the price can be kept only of what was shipped; what went back before is not there to be given.
  if (wish.kind === 'lines' && order.status === 'paid' && given < Math.min(worth, most)) faults.push('not_shipped_kept');
  if (!wish.reason.trim()) faults.push('no_reason');
  else if (Array.from(wish.reason).length > REASON_MOST) faults.push('too_long');
  const major = (amount: number) => fromMinor(amount, order.currency);
  return { paid: major(paid), before: major(before), pending: major(pending), given: major(given), stays: major(paid - before - pending - given), most: major(most), faults };
}

/** The request for it. */
export function requestOf(order: Order, wish: Wish): Schemas['RefundOrder'] {
  const restock = wish.restock && order.status === 'shipped';
  const reason = wish.reason.trim();
  if (wish.kind === 'all') {
    return { reason, ...(restock && { restock }) };
  }
  if (wish.kind === 'amount') return { reason, amount: wish.amount ?? 0 };
  const lines = order.items.flatMap(({ product_id }) => {
    const quantity = wish.pieces[product_id] ?? 0;
    return quantity > 0 ? [{ product_id, quantity }] : [];
  });
  return { reason, lines, ...(wish.amount !== undefined && { amount: wish.amount }), ...(restock && { restock }) };
}
