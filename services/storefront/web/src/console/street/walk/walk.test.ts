import { expect, test } from 'vitest';

import { MockOps } from '../../../../tests/mock/ops';
import { nodesOf } from '../nodes';
import { placesOf } from '../place';
import { kindOf, messageOf, MOST_ORDERS, MOST_STEPS, type Step, walkedOn } from './steps';
import { starts, wayOf } from './ways';

const step = (order: string, type: string, second = 0): Step => ({ order_id: order, event_type: type, service: 'order', shard: 'shardId-000000000001', at: `2026-11-30T00:00:${String(second).padStart(2, '0')}Z` });

test('messages are read, and what is none of ours is nothing', () => {
  expect(messageOf('{"type":"begin","at":"x","one_in":4,"ways":{"OrderPaid":["tally-queue"]}}')).toEqual({ type: 'begin', one_in: 4, ways: { OrderPaid: ['tally-queue'] } });
  expect(messageOf('{"type":"steps","at":"x","one_in":1}')).toEqual({ type: 'steps', one_in: 1, steps: [], missed: false });
  for (const other of ['{"type":"snapshot"}', 'x', 'null', new Blob()]) expect(messageOf(other)).toBeNull();
});

test('each event has its colour, and what goes back is told apart', () => {
  expect(['OrderPlaced', 'PaymentAuthorized', 'OrderPaid', 'OrderShipped', 'OrderCancelled', 'ShopRefundPaid'].map(kindOf)).toEqual(['placed', 'secured', 'paid', 'shipped', 'undone', 'undone']);
});

test('the orders that moved last come first, their steps by time, and only so many are kept', () => {
  let orders = walkedOn([], [step('a', 'OrderPlaced', 1), step('b', 'OrderPlaced', 2)]);
  expect(orders.map(({ order }) => order)).toEqual(['b', 'a']);
  // By another shard, an earlier step may come later.
  orders = walkedOn(orders, [step('a', 'OrderConfirmed', 4), step('a', 'StockReserved', 3)]);
  expect(orders.map(({ order }) => order)).toEqual(['a', 'b']);
  expect(orders[0]?.steps.map(({ event_type }) => event_type)).toEqual(['OrderPlaced', 'StockReserved', 'OrderConfirmed']);
  const many = walkedOn(orders, Array.from({ length: 40 }, (_, n) => step(`o${n}`, 'OrderPlaced')));
  expect(many).toHaveLength(MOST_ORDERS);
  expect(many[0]?.order).toBe('o39');
  expect(walkedOn([], Array.from({ length: 40 }, (_, n) => step('a', `E${n}`, n)))[0]?.steps).toHaveLength(MOST_STEPS);
});

test('a lantern goes by its store and its shard to the topic, and on to those who get the event', () => {
  const nodes = nodesOf(new MockOps().street());
  const places = placesOf(nodes);
  const ways = { OrderPlaced: ['inventory-queue', 'billing-queue', 'gone-queue'] };
  const way = wayOf(step('a', 'OrderPlaced'), ways, nodes, places);
  expect(way?.branches).toHaveLength(2);
  const other = wayOf({ ...step('a', 'OrderPlaced'), shard: 'shardId-000000000002' }, ways, nodes, places);
  expect(other?.trunk).not.toBe(way?.trunk);
  const stocked = wayOf({ ...step('a', 'StockReserved'), service: 'inventory' }, ways, nodes, places);
  expect(stocked?.branches).toEqual([]);
  // A shard that the map doesn't show yet.
  expect(wayOf({ ...step('a', 'OrderPlaced'), shard: 'shardId-000000000009' }, ways, nodes, places)).toEqual(way);
  expect(wayOf({ ...step('a', 'OrderPlaced'), service: 'loyalty' }, ways, nodes, places)).toBeNull();
});

test('steps that come at once start one after the other within a second', () => {
  expect(starts(0)).toEqual([]);
  expect(starts(1)).toEqual([0]);
  const many = starts(100);
  expect(many[0]).toBe(0);
  expect(Math.max(...many)).toBeLessThan(1000);
});
