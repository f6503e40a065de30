/** Steps that orders make, as the role `ops` tells them; what they are, and which orders were seen last. */

export interface Step { order_id: string; event_type: string; service: string; shard: string; at: string }
export type Ways = Record<string, string[]>;
export type Message = { type: 'begin'; one_in: number; ways: Ways } | { type: 'steps'; one_in: number; steps: Step[]; missed: boolean };

/** What a message says; `null` where it's none of ours. */
export function messageOf(data: unknown): Message | null {
  if (typeof data !== 'string') return null;
  try {
    const said = JSON.parse(data) as { type?: unknown; one_in?: number; ways?: Ways; steps?: Step[]; missed?: boolean };
    const one_in = said.one_in ?? 1;
    if (said.type === 'begin') return { type: 'begin', one_in, ways: said.ways ?? {} };
    return said.type === 'steps' ? { type: 'steps', one_in, steps: said.steps ?? [], missed: said.missed ?? false } : null;
  } catch {
    return null;
  }
}

export const KINDS = ['placed', 'secured', 'paid', 'shipped', 'undone'] as const;
export type Kind = (typeof KINDS)[number];

const KIND_OF: Record<string, Kind> = {
  OrderPlaced: 'placed',
  StockReserved: 'secured', PaymentAuthorized: 'secured', OrderStockSecured: 'secured', OrderPaymentSecured: 'secured', OrderConfirmed: 'secured',
  CaptureStarted: 'paid', PaymentCaptured: 'paid', StockDeducted: 'paid', OrderPaid: 'paid',
  OrderShipped: 'shipped',
};

/** How far along an order is with this event. What is no step forward is one back: refused, cancelled, released, paid back. */
export const kindOf = (eventType: string): Kind => KIND_OF[eventType] ?? 'undone';

export interface Walked { order: string; steps: Step[] }
/** Orders that are remembered, and steps of each. */
export const MOST_ORDERS = 12;
export const MOST_STEPS = 14;

/** The orders that moved last, the newest first; each with its steps in the order of their times. */
export function walkedOn(before: readonly Walked[], steps: readonly Step[]): Walked[] {
  const orders = new Map(before.map((walked) => [walked.order, walked.steps]));
  for (const step of steps) {
    const known = orders.get(step.order_id) ?? [];
    orders.delete(step.order_id);
    orders.set(step.order_id, [...known, step].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(-MOST_STEPS));
  }
  // Those that moved now are last in the map, in the order of their moves.
  const moved = new Set(steps.map((step) => step.order_id));
  const all = [...orders].map(([order, steps]) => ({ order, steps }));
  return [...all.filter(({ order }) => moved.has(order)).reverse(), ...all.filter(({ order }) => !moved.has(order))].slice(0, MOST_ORDERS);
}
