import { expect, test } from 'vitest';

import type { Schemas } from '@/api/client';

import { piecesLeft, preview, requestOf, type Wish } from './refund';

const line = (product_id: string, quantity: number, price: number) => ({ product_id, name: product_id, quantity, price });
const order = (more: Partial<Schemas['Order']> = {}): Schemas['Order'] => ({
  order_id: 'ord_1', status: 'shipped', items: [line('prod_a', 3, 200), line('prod_b', 1, 90)], total: 690, currency: 'JPY', placed_at: '2026-11-30T10:00:00Z', version: 6, ...more,
});
const refund = (amount: number, status: Schemas['RefundStatus'], lines: Schemas['RefundedLine'][] = []): Schemas['Refund'] => ({
  refund_id: `r${amount}`, amount, status, lines, requested_at: '2026-11-30T11:00:00Z',
});
const wish = (more: Partial<Wish> = {}): Wish => ({ kind: 'lines', pieces: {}, restock: false, reason: 'sent back', ...more });

test('pieces are worth what they cost when they were ordered', () => {
  expect(preview(order(), wish({ pieces: { prod_a: 2 } }))).toEqual({ paid: 690, before: 0, pending: 0, given: 400, stays: 290, most: 690, faults: [] });
});

test('what was given back, and what is under way, is not given again; what was declined is', () => {
  const before = order({ refunds: [refund(200, 'refunded', [{ product_id: 'prod_a', quantity: 1, restock: false }]), refund(90, 'requested'), refund(300, 'declined')] });
  expect([...piecesLeft(before)]).toEqual([['prod_a', 2], ['prod_b', 1]]);
  expect(preview(before, wish({ kind: 'all' }))).toMatchObject({ before: 200, pending: 90, given: 400, stays: 0 });
  expect(preview(before, wish({ pieces: { prod_a: 3 } })).faults).toEqual(['too_much', 'too_many_pieces']);
});

test('nothing, too much and no reason are told', () => {
  expect(preview(order(), wish({ kind: 'amount', reason: ' ' })).faults).toEqual(['nothing', 'no_reason']);
  expect(preview(order(), wish({ kind: 'amount', amount: 691 })).faults).toEqual(['too_much']);
  expect(preview(order({ status: 'pending' }), wish({ kind: 'all' })).faults).toEqual(['not_refundable']);
});

test('a part of the price can be kept only of what was shipped', () => {
  const less = wish({ pieces: { prod_a: 1 }, amount: 150 });
  expect(preview(order(), less)).toMatchObject({ given: 150, stays: 540, faults: [] });
  expect(preview(order({ status: 'paid' }), less).faults).toEqual(['not_shipped_kept']);
});

test('cents add up', () => {
  const dollars = order({ currency: 'USD', items: [line('prod_a', 3, 0.1)], total: 0.3, refunds: [refund(0.1, 'refunded')] });
  expect(preview(dollars, wish({ pieces: { prod_a: 2 } }))).toMatchObject({ given: 0.2, stays: 0 });
});

test('of an order that is not shipped all that is left can be given for its pieces', () => {
  const paid = order({ status: 'paid', refunds: [refund(100, 'refunded')] });
  const all = { prod_a: 3, prod_b: 1 };
  expect(preview(paid, wish({ pieces: all, amount: 590 })).faults).toEqual([]);
  expect(preview(paid, wish({ pieces: all, amount: 589 })).faults).toEqual(['not_shipped_kept']);
});

test('the request says no more than was wished', () => {
  expect(requestOf(order(), wish({ kind: 'all', restock: true }))).toEqual({ reason: 'sent back', restock: true });
  expect(requestOf(order({ status: 'paid' }), wish({ kind: 'all', restock: true }))).toEqual({ reason: 'sent back' });
  expect(requestOf(order(), wish({ kind: 'amount', amount: 10, pieces: { prod_a: 1 } }))).toEqual({ reason: 'sent back', amount: 10 });
  expect(requestOf(order(), wish({ pieces: { prod_a: 1, prod_b: 0 } }))).toEqual({ reason: 'sent back', lines: [{ product_id: 'prod_a', quantity: 1 }] });
});
