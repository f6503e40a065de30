import { expect, test } from 'vitest';

import { moved, points, seriesOf, topOf } from './minutes';
import { own } from './own';
import { EMPTY, paid, sold } from './ticker';
import { waitBefore } from './waits';

const NOON = Date.parse('2026-01-01T12:00:00Z');

test('the chart has every minute, and the feed moves the running one', () => {
  const series = seriesOf([{ product_id: 'a', minutes: [{ minute: '2026-01-01T11:58', sold: 4 }] }, { product_id: 'b' }]);
  const now = moved(series, [{ product: 'a', pieces: 2 }, { product: 'b', pieces: 1 }], NOON + 30_000);
  const drawn = points(now, ['a', 'b'], NOON + 31_000, 3);
  expect(drawn.map(({ first, second }) => [first, second])).toEqual([[4, 0], [0, 0], [2, 1]]);
  expect(drawn[2]?.at).toBe(NOON);
  expect(points(series, ['a', 'b'], NOON, 3)[2]?.first, 'what was read stays as it is').toBe(0);
});

test('the chart ends at round quarters above the most of a minute', () => {
  expect([0, 1, 4, 5, 20, 21, 40, 77, 89, 101, 880].map(topOf)).toEqual([4, 4, 4, 8, 20, 40, 40, 80, 100, 120, 1000]);
});

test('own purchases are marked, whether the feed or the answer comes first', () => {
  const feedFirst = paid(sold(EMPTY, [{ product: 'a', pieces: 2 }], NOON), 'a', NOON + 800);
  expect(feedFirst.entries[0]).toMatchObject({ pieces: 2, mine: 1 });
  const answerFirst = sold(paid(EMPTY, 'a', NOON), [{ product: 'b', pieces: 1 }, { product: 'a', pieces: 1 }], NOON + 200);
  expect(answerFirst.entries.map(({ product, mine }) => [product, mine])).toEqual([['a', 1], ['b', 0]]);
  expect(sold(answerFirst, [{ product: 'a', pieces: 1 }], NOON + 400).entries[0]?.mine, 'and once').toBe(0);
});

test('somebody else\'s old purchase is not taken for one\'s own', () => {
  const ticker = paid(sold(EMPTY, [{ product: 'a', pieces: 1 }], NOON), 'a', NOON + 60_000);
  expect(ticker.entries[0]?.mine).toBe(0);
});

test('an order that both lists have counts once, and only when it is paid for', () => {
  const purchase = (orderId: string, stage: 'paid' | 'pending' | 'cancelled') => ({ key: orderId, product: 'a', userId: 'u', orderId, stage, reason: undefined, error: null, at: 0 });
  const earlier = [{ orderId: '1', items: [{ product_id: 'a', quantity: 3 }, { product_id: 'b', quantity: 1 }] }, { orderId: '2', items: [{ product_id: 'a', quantity: 1 }] }];
  const here = [purchase('2', 'paid'), purchase('3', 'pending'), purchase('4', 'cancelled')];
  expect([own('a', earlier, here), own('b', earlier, here), own('c', earlier, here)]).toEqual([4, 1, 0]);
});

test('waits grow, differ, and end at fifteen seconds', () => {
  expect([0, 1, 2, 20].map((attempt) => waitBefore(attempt, () => 1))).toEqual([500, 1000, 2000, 15_000]);
  expect(waitBefore(3, () => 0)).toBeLessThan(waitBefore(3, () => 0.5));
});
