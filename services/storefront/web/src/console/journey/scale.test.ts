import { expect, test } from 'vitest';

import { mailsAt, momentsOf, paymentAt, versionAt } from './past';
import { type Hop, instant, scaleOf, spansOf } from './scale';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 30) + Math.round(seconds * 1000)).toISOString();
const hop = (id: string, seconds: number, waiting = 0, working = 0): Hop => ({ id, source: 'order', type: id, time: at(seconds), ...(waiting + working > 0 && { waiting: waiting * 1e6, working: working * 1e6, took: (waiting + working) * 1e6 }) });

test('microseconds are not lost', () => {
  expect(instant('2026-11-30T13:19:09.378642Z') - Date.parse('2026-11-30T13:19:09Z')).toBeCloseTo(378.642, 3);
  expect(instant('2026-11-30T13:19:09Z')).toBe(Date.parse('2026-11-30T13:19:09Z'));
});

test('a step begins when its cause was decided', () => {
  const [span] = spansOf([hop('a', 10, 2, 1)]);
  expect(span).toMatchObject({ start: Date.UTC(2026, 10, 30) + 7_000, received: Date.UTC(2026, 10, 30) + 9_000, end: Date.UTC(2026, 10, 30) + 10_000 });
  expect(spansOf([{ id: 'mail', source: 'notification', type: 'Mail' }])).toEqual([]);
});

test('without idle time everything is to scale', () => {
  const scale = scaleOf(spansOf([hop('a', 0), hop('b', 1, 0.5, 0.5), hop('c', 2, 0.5, 0.5)]));
  expect(scale.gaps).toEqual([]);
  expect(scale.x(scale.from)).toBe(0);
  expect(scale.x(scale.from + 500)).toBeCloseTo(0.25, 6);
  expect(scale.x(scale.to)).toBeCloseTo(1, 6);
});

test('a day between payment and parcel becomes a mark', () => {
  const scale = scaleOf(spansOf([hop('placed', 0), hop('paid', 1.5, 1, 0.5), hop('shipped', 86_400), hop('mail', 86_401, 0.5, 0.5)]));
  expect(scale.gaps).toHaveLength(1);
  expect(scale.gaps[0]).toMatchObject({ from: Date.UTC(2026, 10, 30) + 1_500, to: Date.UTC(2026, 10, 30) + 86_400_000 });
  expect(scale.gaps[0]?.width).toBeCloseTo(0.06, 6);
  expect(scale.x(Date.UTC(2026, 10, 30) + 1_500)).toBeCloseTo(0.94 * 0.6, 6);
  // The axis begins again behind the mark.
  expect(scale.ticks.filter((tick) => tick.behindMark).every((tick) => tick.after <= 1_000)).toBe(true);
});

test('long waiting is squeezed, long work never', () => {
  expect(scaleOf(spansOf([hop('placed', 0), hop('redriven', 7_200, 7_199, 0.1), hop('next', 7_201, 0.5, 0.5)])).gaps).toHaveLength(1);
  expect(scaleOf(spansOf([hop('placed', 0), hop('slow', 7_200, 0, 7_200)])).gaps).toEqual([]);
});

test('x never goes back, and stays within the picture', () => {
  const scale = scaleOf(spansOf([hop('a', 0), hop('b', 0.4, 0.2, 0.2), hop('c', 500), hop('d', 900.3, 0.2, 0.1), hop('e', 90_000)]));
  let before = 0;
  for (let t = scale.from - 1_000; t <= scale.to + 1_000; t += 37_000) {
    const x = scale.x(t);
    expect(x >= before && x <= 1 + 1e-9).toBe(true);
    before = x;
  }
  expect(scaleOf([]).ticks).toEqual([]);
  expect(scaleOf(spansOf([hop('only', 1)])).x(0)).toBe(0);
});

test('what was so at a moment comes from what had happened by then', () => {
  const history = [
    { id: '1', source: 'order', type: 'OrderPlaced', subject: 'ord_1', version: 1, time: at(0), data: {} },
    { id: '2', source: 'billing', type: 'PaymentAuthorized', subject: 'pay_1', version: 1, time: at(1), data: { amount: 400, currency: 'JPY' } },
    { id: '3', source: 'order', type: 'OrderPaymentSecured', subject: 'ord_1', version: 2, time: at(2), data: {} },
    { id: '4', source: 'notification', type: 'Mail', time: at(3), data: { mail: 'received', state: 'sent' } },
    { id: '5', source: 'notification', type: 'Mail', data: { mail: 'receipt', state: 'skipped', why: 'no_address' } },
  ];
  expect([-1, 0, 1, 2, 9].map((t) => versionAt(history, 'ord_1', instant(at(t))))).toEqual([0, 1, 1, 2, 2]);
  expect(paymentAt(history, instant(at(0)))).toBeUndefined();
  expect(paymentAt(history, instant(at(1)))).toEqual({ type: 'PaymentAuthorized', amount: 400, currency: 'JPY' });
  expect(mailsAt(history, instant(at(2)), false)).toEqual([]);
  expect(mailsAt(history, instant(at(3)), true).map(({ mail }) => mail)).toEqual(['received', 'receipt']);
});

test('what one commit wrote is one moment', () => {
  expect(momentsOf(spansOf([hop('a', 0), hop('b', 1, 0.5, 0.1), hop('c', 1, 0.5, 0.1)])).map(({ spans }) => spans.length)).toEqual([1, 2]);
});
