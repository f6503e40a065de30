import { expect, test } from 'vitest';

import { MockOps } from '../../../tests/mock/ops';
import { find, levelOf, LIMITS, nodesOf, worst } from './nodes';
import { placesOf, WIDTH } from './place';

test('everything of the answer stands on the map, within it, and nothing lies over another', () => {
  const nodes = nodesOf(new MockOps().street());
  const places = placesOf(nodes);
  const boxes = [...places.boxes.values()];
  expect(boxes).toHaveLength(4 + 2 + 1 + 8 + 8);
  for (const [n, box] of boxes.entries()) {
    expect(box.x >= 0 && box.x + box.width <= WIDTH && box.y >= 0 && box.y + box.height <= places.height).toBe(true);
    for (const other of boxes.slice(n + 1)) expect(box.x + box.width <= other.x || other.x + other.width <= box.x || box.y + box.height <= other.y || other.y + other.height <= box.y).toBe(true);
  }
});

test('what deserves a look is told apart from what is well', () => {
  expect([0, 99, 100, 10_000].map((n) => levelOf(n, LIMITS.waiting))).toEqual(['calm', 'calm', 'busy', 'bad']);
  expect(levelOf(undefined, LIMITS.lag)).toBe('calm');
  expect(worst('calm', 'bad', 'busy')).toBe('bad');
  const nodes = nodesOf(new MockOps().street());
  expect(find(nodes, 'consumer:billing-queue')?.level).toBe('bad');
  expect(find(nodes, 'queue:inventory-queue')?.level).toBe('busy');
  expect(find(nodes, 'queue:order-queue')?.level).toBe('calm');
  expect(find(nodes, 'queue:gone-queue')).toBeUndefined();
  expect(nodes.ended).toBe(1);
});

test('an empty street has a map, too', () => {
  const nodes = nodesOf({ at: '2026-11-30T00:00:00Z', processes: [], stores: [], topic: 'order-events', stream: { name: 'ec-events', shards: [] }, queues: [], set_aside: [], consumers: [], unknown: [] });
  const places = placesOf(nodes);
  expect(places.boxes.size).toBe(1);
});
