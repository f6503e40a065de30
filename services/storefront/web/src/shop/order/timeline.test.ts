import { expect, test } from 'vitest';

import type { Happened, Order } from '../data/orders';
import { isFinal, lookAgain } from '../data/orders';
import { mails, timeline } from './timeline';

const order = (status: Order['status'], more: Partial<Order> = {}): Order => ({ order_id: 'ord_1', status, items: [], total: 200, currency: 'JPY', placed_at: '2026-01-01T00:00:00Z', version: 1, ...more });
const event = (type: string, data: unknown = {}, time = '2026-01-01T00:00:01Z'): Happened => ({ id: type, source: 'order', type, data, time });
const shown = (order: Order, history: Happened[] = []) => timeline(order, history).map((row) => row.map(({ name, state }) => `${name} ${state}`).join(' | '));

test('stock and money are secured side by side', () => {
  expect(shown(order('pending'))).toEqual(['placed done', 'reserved active | authorized active', 'confirmed waiting', 'paid waiting', 'shipped waiting']);
  expect(shown(order('pending'), [event('StockReserved')])[1]).toBe('reserved done | authorized active');
});

test('without a history the state says how far it is', () => {
  expect(shown(order('confirmed')).slice(1)).toEqual(['reserved done | authorized done', 'confirmed done', 'paid active', 'shipped waiting']);
  expect(shown(order('shipped')).every((row) => !/active|waiting/.test(row))).toBe(true);
});

test('a declined payment stops the order where it was', () => {
  const history = [event('StockReserved'), event('PaymentDeclined'), event('OrderCancelled')];
  expect(shown(order('cancelled', { reason: 'payment_declined' }), history)).toEqual(['placed done', 'reserved done | authorized stopped', 'cancelled stopped']);
});

test('a refused capture stops it later, and what was held is given up', () => {
  const history = [event('StockReserved'), event('PaymentAuthorized'), event('OrderConfirmed'), event('PaymentDeclined'), event('OrderCancelled'), event('PaymentVoided')];
  expect(shown(order('cancelled', { reason: 'capture_refused' }), history)).toEqual(['placed done', 'reserved done | authorized done', 'confirmed done', 'paid stopped', 'cancelled stopped', 'money_back done']);
});

test('a sold-out product stops it at the stock', () => {
  expect(shown(order('cancelled', { reason: 'out_of_stock' }), [event('StockRejected'), event('OrderCancelled')])).toEqual(['placed done', 'reserved stopped', 'cancelled stopped']);
});

test('mails are told with how far they are', () => {
  const history = [event('OrderPlaced'), event('Mail', { mail: 'received', state: 'sent' }), event('Mail', { mail: 'receipt', state: 'sending' }), event('Mail', { mail: 'unknown', state: 'sent' })];
  expect(mails(history).map(({ kind, state }) => `${kind} ${state}`)).toEqual(['received sent', 'receipt sending']);
});

test('who looks at an order asks often while it moves, and no more when it is over', () => {
  expect(lookAgain(order('pending'), 1)).toBeLessThan(1_000);
  expect(lookAgain(order('pending'), 50)).toBeGreaterThan(1_000);
  expect(lookAgain(order('shipped'), 1)).toBe(false);
  const asked = { refund_id: '1', status: 'requested' as const, amount: 10, requested_at: '2026-01-01T00:00:00Z' };
  expect(isFinal(order('shipped', { refunds: [asked] }))).toBe(false);
});
