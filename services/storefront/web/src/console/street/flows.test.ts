import { expect, test } from 'vitest';

import { MockOps } from '../../../tests/mock/ops';
import { due, eventsPerLantern, type Flow, flowsOf, MOST } from './flows';
import { find, levelOf, LIMITS, nodesOf, worst } from './nodes';
import { placesOf, WIDTH } from './place';

const flow = (id: string, perSecond: number): Flow => ({ id, path: 'M0 0H1', perSecond });

test('a lantern is one event until more than twenty a second pass', () => {
  expect(eventsPerLantern([])).toBe(1);
  expect(eventsPerLantern([flow('a', 12), flow('b', 8)])).toBe(1);
  expect(eventsPerLantern([flow('a', 21)])).toBe(2);
  expect(eventsPerLantern([flow('a', 101)])).toBe(10);
  expect(eventsPerLantern([flow('a', 9_999)])).toBe(500);
});

test('as many lanterns start as the figures say, and never more than the most', () => {
  for (const perSecond of [0.5, 3, 19, 240]) {
    const flows = [flow('a', perSecond)];
    const each = eventsPerLantern(flows);
    const owed = new Map<string, number>();
    let started = 0;
    for (let frame = 0; frame < 600; frame += 1) started += due(flows, owed, 1 / 60, each).length;
    expect(Math.abs(started - (10 * perSecond) / each), String(perSecond)).toBeLessThanOrEqual(1);
    expect(started).toBeLessThanOrEqual(MOST * 10 + 1);
  }
});

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

test('lanterns walk only to consumers that handle something; reminders do not come by the topic', () => {
  const flows = flowsOf(...(() => {
    const nodes = nodesOf(new MockOps().street());
    return [nodes, placesOf(nodes)] as const;
  })());
  expect(flows.map(({ id }) => id)).not.toContain('queue:billing-queue');
  const reminders = flows.find(({ id }) => id === 'queue:order-deadline-queue');
  const orders = flows.find(({ id }) => id === 'queue:order-queue');
  expect(reminders?.path.length).toBeLessThan(orders?.path.length ?? 0);
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
  expect(flowsOf(nodes, places)).toEqual([]);
});
