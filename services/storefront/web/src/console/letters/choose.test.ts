import { expect, test } from 'vitest';

import { MockOps } from '../../../tests/mock/ops';
import { isReason } from '../parts/Reason';
import { causeOf, filtered, isOf, keyOf, sampleOf } from './choose';

const street = new MockOps();
const groups = street.groups();

test('each letter is of exactly one cause', () => {
  for (const [queue, letters] of street.letters) for (const letter of letters) expect(groups.filter((group) => group.queue === queue && isOf(letter, group))).toHaveLength(1);
  expect(new Set(groups.map(keyOf)).size).toBe(groups.length);
});

test('a cause without an event type means letters without one, and no others', () => {
  expect(causeOf({ queue: 'q', reason: 'not_json', consumer: 'order', error: 'e', count: 1, example: 'x' })).toEqual({ reason: 'not_json', consumer: 'order', event_type: '', error: 'e' });
});

test('causes are narrowed by queue and type, those of most letters first', () => {
  expect(filtered(groups, { queue: 'billing-dlq', type: null }).map(({ count }) => count)).toEqual([20, 3]);
  expect(filtered(groups, { queue: null, type: 'GiftWrapped' })).toHaveLength(1);
  expect(filtered(groups, { queue: 'order-dlq', type: null })).toEqual([]);
});

test('a sample is spread over all', () => {
  expect(sampleOf([1, 2, 3])).toEqual([1, 2, 3]);
  expect(sampleOf(Array.from({ length: 100 }, (_, n) => n), 4)).toEqual([0, 25, 50, 75]);
});

test('a reason has 1 to 200 characters, whatever their bytes', () => {
  expect([' ', 'あ', '🏮'.repeat(200), '🏮'.repeat(201)].map(isReason)).toEqual([false, true, true, false]);
});
