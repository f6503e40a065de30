/** What the dashboard is made of. All of it are counts and sums of lists of the API; where a list is cut, that is said. */
import { api, body, type Schemas } from '@/api/client';

import { STAGES } from '../orders/OrderFilters';
import { beginnings, type Span } from '../logic/sales';
import { ORDERS, PAYMENTS } from '../orders/orders';
import { whole } from '../parts/whole';
import { FEW } from '../products/StockCount';
import { STOCK } from '../products/products';

/** Payments that are read at most for the sums of sales: ten pages. */
const PAGES = 10;
const PAGE = 100;

export interface Taken {
  /** The moment since which they are. */
  since: Date;
  payments: Schemas['Payment'][];
  /** When the oldest payment that was read began, where there are more before it. */
  cutAt?: string;
}

/** Payments since a moment, newest first. */
async function paymentsSince(since: Date): Promise<Taken> {
  const payments: Schemas['Payment'][] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await body(api.GET('/payments', { params: { query: { started_after: since.toISOString(), sort: 'newest', limit: PAGE, ...(cursor && { cursor }) } } }));
    payments.push(...(whole(answer.items).rows ?? []));
    if (!answer.next_cursor) return { since, payments };
    cursor = answer.next_cursor;
  }
  const oldest = payments.at(-1)?.started_at;
  return { since, payments, ...(oldest && { cutAt: oldest }) };
}

/** Payments of the last hours or days, reckoned anew at each reading: a dashboard is open for days. */
export const salesQuery = (span: Span) => ({
  queryKey: [PAYMENTS, 'since', span],
  queryFn: () => {
    const now = new Date();
    return paymentsSince(beginnings(now, span)[0] ?? now);
  },
  refetchInterval: 60_000,
});

export interface StageCount {
  stage: Schemas['OrderStage'];
  count: number;
  /** There are more than were counted. */
  more: boolean;
}

export const stagesQuery = {
  queryKey: [ORDERS, 'stages'],
  queryFn: () => Promise.all(STAGES.map(async (stage): Promise<StageCount> => {
    const page = await body(api.GET('/orders', { params: { query: { status: stage, limit: PAGE } } }));
    return { stage, count: page.items.length, more: page.next_cursor !== null };
  })),
  refetchInterval: 15_000,
};

export const lowQuery = {
  queryKey: [STOCK, 'low'],
  queryFn: () => body(api.GET('/inventory', { params: { query: { available_below: FEW, sort: 'available', limit: 8 } } })),
  refetchInterval: 60_000,
};

export const newestQuery = {
  queryKey: [ORDERS, 'newest'],
  queryFn: () => body(api.GET('/orders', { params: { query: { limit: 8 } } })),
  refetchInterval: 10_000,
};

export const soldQuery = { queryKey: [ORDERS, 'tally'], queryFn: () => body(api.GET('/tally')), refetchInterval: 30_000 };
