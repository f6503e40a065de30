/** Reads and commands of orders. */
import { api, body, type Schemas } from '@/api/client';
import { queries } from '@/app/query';

import { toMinor } from '../logic/amounts';

export type Order = Schemas['Order'];

export const ORDERS = 'admin-orders';
export const PAYMENTS = 'admin-payments';

/** After a command: what shows orders or their money is read again. */
export function moved(): Promise<unknown> {
  return Promise.all([ORDERS, PAYMENTS].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}

export const orderQuery = (id: string) => ({
  queryKey: [ORDERS, 'one', id],
  queryFn: () => body(api.GET('/orders/{id}', { params: { path: { id } } })),
});

export const paymentQuery = (id: string) => ({
  queryKey: [PAYMENTS, 'of', id],
  queryFn: () => body(api.GET('/orders/{id}/payment', { params: { path: { id } } })),
});

export const historyQuery = (id: string) => ({
  queryKey: [ORDERS, 'history', id],
  queryFn: () => body(api.GET('/orders/{id}/history', { params: { path: { id } } })),
});

export const ship = (id: string) => body(api.POST('/orders/{id}/ship', { params: { path: { id } } }));

export const cancel = (id: string, note: string) =>
  body(api.POST('/orders/{id}/cancel', { params: { path: { id } }, body: note.trim() ? { note: note.trim() } : {} }));

export const refund = (id: string, request: Schemas['RefundOrder'], key: string) =>
  body(api.POST('/orders/{id}/refund', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body: request }));

export function canShip(order: Order): boolean {
  const gone = (order.refunds ?? []).filter(({ status }) => status !== 'declined').reduce((all, { amount }) => all + toMinor(amount, order.currency), 0);
  return order.status === 'paid' && gone < toMinor(order.total, order.currency);
}

export function canCancel(order: Order): boolean {
  return order.status === 'pending' || order.status === 'confirmed' || order.status === 'paid';
}

/** Whether the order, or its money, goes on by itself. */
export function isMoving(order: Order): boolean {
  return order.status === 'pending' || order.status === 'confirmed' || (order.refunds ?? []).some(({ status }) => status === 'requested');
}

export function piecesOf(order: Order): number {
  return order.items.reduce((all, { quantity }) => all + quantity, 0);
}
