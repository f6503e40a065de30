/** An order's way as its customer sees it: steps that were, are and will be. */
import type { Happened, Order } from '../data/orders';

export type StepName = 'placed' | 'reserved' | 'authorized' | 'confirmed' | 'paid' | 'shipped' | 'cancelled' | 'money_back';
/** `stopped`: it was not to be. */
export type StepState = 'done' | 'active' | 'waiting' | 'stopped';

export interface Step {
  name: StepName;
  state: StepState;
  /** When it happened, where that is known. */
  at: string | undefined;
}

/** Steps, in order; those within one row happen side by side. */
export type Row = Step[];

const REACHED: Record<Order['status'], number> = { pending: 1, confirmed: 3, paid: 4, shipped: 5, cancelled: 0 };

function find(history: readonly Happened[], ...types: string[]): Happened | undefined {
  return history.find((happened) => types.includes(happened.type));
}

function step(name: StepName, done: boolean, active: boolean, at: string | undefined): Step {
  return { name, state: done ? 'done' : active ? 'active' : 'waiting', at: done ? at : undefined };
}

/** The rows of an order. Without its history (a guest's link) its state alone says how far it is. */
export function timeline(order: Order, history: readonly Happened[] = []): Row[] {
  if (order.status === 'cancelled') return cancelled(order, history);
  const reached = REACHED[order.status];
  const at = (...types: string[]) => find(history, ...types)?.time;
  const stock = at('OrderStockSecured', 'StockReserved');
  const money = at('OrderPaymentSecured', 'PaymentAuthorized');
  const secured = reached >= 3;
  return [
    [step('placed', true, false, order.placed_at)],
    [step('reserved', secured || stock !== undefined, true, stock), step('authorized', secured || money !== undefined, true, money)],
    [step('confirmed', secured, stock !== undefined && money !== undefined, at('OrderConfirmed'))],
    [step('paid', reached >= 4, reached === 3, at('OrderPaid'))],
    [step('shipped', reached >= 5, false, at('OrderShipped'))],
  ];
}

/** What had been done is shown as done, what stopped it as stopped, and what never came is left out. */
function cancelled(order: Order, history: readonly Happened[]): Row[] {
  const done = (name: StepName, ...types: string[]): Step[] => {
    const happened = find(history, ...types);
    return happened ? [{ name, state: 'done', at: happened.time }] : [];
  };
  const stopped = (name: StepName, ...types: string[]): Step[] => {
    const happened = find(history, ...types);
    return happened ? [{ name, state: 'stopped', at: happened.time }] : [];
  };
  const stock = [...done('reserved', 'OrderStockSecured', 'StockReserved'), ...stopped('reserved', 'StockRejected')].slice(0, 1);
  const held = done('authorized', 'OrderPaymentSecured', 'PaymentAuthorized');
  const refused = stopped('authorized', 'PaymentDeclined');
  const money = held.length > 0 ? held : refused;
  const captureRefused = order.reason === 'capture_refused' ? stopped('paid', 'PaymentDeclined', 'CaptureDeclined') : done('paid', 'OrderPaid');
  const rows: Row[] = [
    [{ name: 'placed', state: 'done', at: order.placed_at }],
    [...stock, ...money],
    done('confirmed', 'OrderConfirmed'),
    captureRefused,
    [{ name: 'cancelled', state: 'stopped', at: find(history, 'OrderCancelled')?.time }],
    done('money_back', 'PaymentRefunded', 'PaymentVoided'),
  ];
  return rows.filter((row) => row.length > 0);
}

export type MailKind = 'received' | 'receipt' | 'shipped' | 'cancelled' | 'refunded';
export const MAILS: readonly MailKind[] = ['received', 'receipt', 'shipped', 'cancelled', 'refunded'];

export interface Mail {
  id: string;
  kind: MailKind;
  state: 'sent' | 'sending' | 'not_sent';
  at: string | undefined;
}

/** Mails about the order, oldest first. */
export function mails(history: readonly Happened[]): Mail[] {
  return history.flatMap((happened) => {
    if (happened.type !== 'Mail') return [];
    const { mail, state } = happened.data as { mail?: string; state?: string };
    const kind = MAILS.find((kind) => kind === mail);
    if (!kind) return [];
    return [{ id: happened.id, kind, state: state === 'sent' ? 'sent' : state === 'skipped' ? 'not_sent' : 'sending', at: happened.time }];
  });
}
