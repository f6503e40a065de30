/** What was so at a moment of an order's way, from what all services have written of it. */
import type { Schemas } from '@/api/client';

import { instant, type Span } from './scale';

export type Happened = Schemas['Happened'];

/** The order's version by then: its own events are numbered. 0 before it was placed. */
export function versionAt(history: readonly Happened[], order: string, at: number): number {
  return Math.max(0, ...history.filter((item) => item.subject === order && item.time && instant(item.time) <= at).map((item) => item.version ?? 0));
}

export interface Mail { id: string; mail: string; state: string; why?: string; time?: string }

/** Mails by then. One that was never sent has no time: it is told of at the end of the way alone. */
export function mailsAt(history: readonly Happened[], at: number, isNow: boolean): Mail[] {
  return history.flatMap((item) => {
    if (item.type !== 'Mail' || (item.time ? instant(item.time) > at : !isNow)) return [];
    const { mail = '', state = '', why } = item.data as { mail?: string; state?: string; why?: string };
    return [{ id: item.id, mail, state, ...(why !== undefined && { why }), ...(item.time && { time: item.time }) }];
  });
}

/** What had last happened to its payment, and the amount of that. */
export function paymentAt(history: readonly Happened[], at: number): { type: string; amount?: number; currency?: string } | undefined {
  const last = history.filter((item) => item.source === 'billing' && item.time && instant(item.time) <= at).sort((a, b) => instant(a.time ?? '') - instant(b.time ?? '')).at(-1);
  if (!last) return undefined;
  const { amount, currency } = last.data as { amount?: number; currency?: string };
  return { type: last.type, ...(amount !== undefined && { amount }), ...(currency !== undefined && { currency }) };
}

/** The moments that a slider stops at; what was written in one commit is one. */
export function momentsOf(spans: readonly Span[]): { at: number; spans: Span[] }[] {
  const moments: { at: number; spans: Span[] }[] = [];
  for (const span of spans) {
    const last = moments.at(-1);
    if (last?.at === span.end) last.spans.push(span);
    else moments.push({ at: span.end, spans: [span] });
  }
  return moments;
}
