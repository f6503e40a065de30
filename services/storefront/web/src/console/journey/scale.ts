/** Time as it is drawn: what happens stays to scale, what only waits for long is squeezed into a mark. All in milliseconds. */
import type { Schemas } from '@/api/client';

export type Hop = Schemas['Hop'];

export interface Span { hop: Hop; start: number; received: number; end: number }

/** Milliseconds since 1970 with their fraction; `Date` alone forgets microseconds. */
export function instant(at: string): number {
  const fraction = /\.(\d+)/.exec(at)?.[1] ?? '';
  return Math.floor(Date.parse(at) / 1000) * 1000 + Number(`0.${fraction || '0'}`) * 1000;
}

/** Steps that have a time, in its order. */
export function spansOf(hops: readonly Hop[]): Span[] {
  return hops
    .flatMap((hop) => {
      if (!hop.time) return [];
      const end = instant(hop.time);
      const took = hop.took ?? (hop.waiting ?? 0) + (hop.working ?? 0);
      return [{ hop, start: end - took / 1000, received: end - (hop.working ?? 0) / 1000, end }];
    })
    .sort((a, b) => a.end - b.end);
}

export interface Gap { from: number; to: number; x: number; width: number }
export interface Scale { from: number; to: number; x: (at: number) => number; gaps: Gap[]; ticks: Tick[] }
/** A line of the axis; `after` is the time since the order began or, behind a mark, since that. */
export interface Tick { at: number; x: number; after: number; behindMark: boolean }

/** Shorter ones are never squeezed. */
const SHORTEST_MS = 1_000;
const MARK = 0.06;

interface Stretch { from: number; to: number; squeezed: boolean }

function stretches(spans: readonly Span[]): Stretch[] {
  const points = [...new Set(spans.flatMap(({ start, received, end }) => [start, received, end]))].sort((a, b) => a - b);
  const all = points.slice(1).map((to, n) => {
    const from = points[n] ?? to;
    return { from, to, works: spans.some((span) => span.received <= from && span.end >= to) };
  });
  const busy = all.reduce((sum, { from, to, works }) => sum + (works || to - from <= SHORTEST_MS ? to - from : 0), 0);
  return all.map(({ from, to, works }) => ({ from, to, squeezed: !works && to - from > Math.max(SHORTEST_MS, busy) }));
}

export function scaleOf(spans: readonly Span[]): Scale {
  const parts = stretches(spans);
  const squeezed = parts.filter((part) => part.squeezed).length;
  const mark = Math.min(MARK, 0.4 / Math.max(1, squeezed));
  const drawn = parts.reduce((sum, part) => sum + (part.squeezed ? 0 : part.to - part.from), 0) || 1;
  const room = drawn === 1 && parts.length === squeezed ? 0 : 1 - squeezed * mark;
  let x = 0;
  const placed = parts.map((part) => {
    const width = part.squeezed ? mark : ((part.to - part.from) / drawn) * room;
    const at = { ...part, x, width };
    x += width;
    return at;
  });
  const from = placed[0]?.from ?? spans[0]?.end ?? 0;
  const to = placed.at(-1)?.to ?? from;
  const at = (time: number) => {
    if (time <= from) return 0;
    const part = placed.find((part) => time <= part.to);
    return part ? part.x + (part.width * (time - part.from)) / (part.to - part.from) : 1;
  };
  return { from, to, x: at, gaps: placed.filter((part) => part.squeezed).map(({ from, to, x, width }) => ({ from, to, x, width })), ticks: ticksOf(drawn, at, placed) };
}

/** The next of 1, 2, 5, 10, 20 … */
function nice(length: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(length, 0.001)));
  return ([1, 2, 5].find((times) => times * power >= length) ?? 10) * power;
}

function ticksOf(drawn: number, x: (at: number) => number, placed: readonly Stretch[]): Tick[] {
  const step = nice(drawn / 6);
  const ticks: Tick[] = [];
  let since = placed[0]?.from ?? 0;
  let behindMark = false;
  for (const part of placed) {
    if (part.squeezed) {
      since = part.to;
      behindMark = true;
      continue;
    }
    for (let n = Math.max(behindMark ? 1 : 0, Math.ceil((part.from - since) / step - 1e-9)); since + n * step <= part.to; n += 1) {
      const tick = { at: since + n * step, x: x(since + n * step), after: n * step, behindMark };
      if (tick.x - (ticks.at(-1)?.x ?? -1) >= 0.09) ticks.push(tick);
    }
  }
  return ticks;
}
