import type { Schemas } from '@/api/client';

import { fromMinor, toMinor } from './amounts';

type Payment = Schemas['Payment'];

export type Span = 'hour' | 'day';

export interface Bar {
  /** When the hour or day begins, by the viewer's clock. */
  at: Date;
  taken: number;
  back: number;
  payments: number;
}

export interface Sales {
  bars: Bar[];
  currency: string;
  taken: number;
  back: number;
  payments: number;
}

/** Hours, or days, that a chart shows. */
export const BARS: Record<Span, number> = { hour: 24, day: 30 };

function begin(at: Date, span: Span): Date {
  const begun = new Date(at);
  begun.setMinutes(0, 0, 0);
  if (span === 'day') begun.setHours(0);
  return begun;
}

/** Beginnings of the last hours or days, oldest first, the one that runs included. */
export function beginnings(now: Date, span: Span): Date[] {
  return Array.from({ length: BARS[span] }, (_, n) => {
    const at = begin(now, span);
    const back = BARS[span] - 1 - n;
    if (span === 'day') at.setDate(at.getDate() - back);
    else at.setHours(at.getHours() - back);
    return at;
  });
}

/** Money by hour or day of the payment's beginning, of one currency: that of the newest payment with money. */
export function salesOf(payments: readonly Payment[], now: Date, span: Span): Sales {
  const money = payments.filter(({ captured, currency }) => captured > 0 && currency !== undefined);
  const currency = money[0]?.currency ?? 'JPY';
  const starts = beginnings(now, span);
  const sums = starts.map(() => ({ taken: 0, back: 0, payments: 0 }));
  for (const payment of money) {
    if (payment.currency !== currency) continue;
    const at = begin(new Date(payment.started_at), span).getTime();
    const sum = sums[starts.findIndex((start) => start.getTime() === at)];
    if (!sum) continue;
    sum.taken += toMinor(payment.captured, currency);
    sum.back += toMinor(payment.refunded, currency);
    sum.payments += 1;
  }
  const total = (of: 'taken' | 'back' | 'payments') => sums.reduce((all, sum) => all + sum[of], 0);
  const major = (minor: number) => fromMinor(minor, currency);
  return {
    bars: sums.map((sum, n) => ({ at: starts[n] ?? now, taken: major(sum.taken), back: major(sum.back), payments: sum.payments })),
    currency, taken: major(total('taken')), back: major(total('back')), payments: total('payments'),
  };
}
