import { expect, test } from 'vitest';

import { messageOf, net, next, sales, share } from './board';

const product = (product_id: string, sold: number, returned = 0) => ({ product_id, name: product_id, sold, returned });
const at = '2026-01-01T00:00:00Z';

test('a whole picture comes first, then what moved', () => {
  const first = next(null, { type: 'snapshot', products: [product('a', 3, 1), product('b', 2)], at });
  expect([net(first, 'a'), net(first, 'b'), net(first, 'c'), net(null, 'a')]).toEqual([2, 2, 0, null]);
  const second = next(first, { type: 'change', products: [product('b', 5)], at });
  expect([net(second, 'a'), net(second, 'b')]).toEqual([2, 5]);
  expect(second && sales(first, second)).toEqual([{ product: 'b', pieces: 3 }]);
});

test('a picture replaces all that was known, and what was missed counts as sold', () => {
  const before = next(null, { type: 'snapshot', products: [product('a', 3), product('gone', 1)], at });
  const after = next(before, { type: 'snapshot', products: [product('a', 7)], at });
  expect(net(after, 'gone')).toBe(0);
  expect(after && sales(before, after)).toEqual([{ product: 'a', pieces: 4 }]);
});

test('the first picture is history, not sales; a change without a picture is nothing', () => {
  const first = next(null, { type: 'snapshot', products: [product('a', 3)], at });
  expect(first && sales(null, first)).toEqual([]);
  expect(next(null, { type: 'change', products: [product('a', 3)], at })).toBeNull();
});

test('a refund is no sale', () => {
  const before = next(null, { type: 'snapshot', products: [product('a', 3)], at });
  const after = next(before, { type: 'change', products: [product('a', 3, 1)], at });
  expect(after && sales(before, after)).toEqual([]);
  expect(net(after, 'a')).toBe(2);
});

test('frames that are none of ours are passed over', () => {
  expect(messageOf('{"type":"change","products":[],"at":"x"}')).not.toBeNull();
  for (const data of ['', 'null', '{', '[]', '{"type":"else","products":[],"at":"x"}', '{"type":"change","at":"x"}', new ArrayBuffer(1)]) expect(messageOf(data)).toBeNull();
});

test('both have half while nobody has bought, and refunds make no share negative', () => {
  expect([share(0, 0), share(3, 1), share(-2, 4), share(0, 5)]).toEqual([0.5, 0.75, 0, 0]);
});
