import { renderHook } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';

const keys: string[] = [];
let answer: () => Promise<{ data: unknown }>;
let person: { userId: string } | null = { userId: 'u1' };
const watchers = new Set<() => void>();

vi.mock('@/api/client', () => ({
  newKey: () => `key${keys.length}`,
  body: async (call: Promise<{ data: unknown }>) => (await call).data,
  api: {
    POST: (_: string, { params }: { params: { header: { 'Idempotency-Key': string } } }) => {
      keys.push(params.header['Idempotency-Key']);
      return answer();
    },
    GET: () => Promise.resolve({ data: { status: 'paid' } }),
  },
}));
vi.mock('@/api/session', () => ({
  someone: () => Promise.resolve(person),
  whoIsHere: () => ({ person, isKnown: true, error: null }),
  watch: (heard: () => void) => watchers.add(heard),
}));

const { again, buy, takeUp, usePurchases } = await import('./purchases');
const { Unreachable, ProblemError } = await import('@/api/problem');
const now = () => renderHook(() => usePurchases()).result.current;
const settle = async (work: Promise<void>) => {
  await vi.runAllTimersAsync();
  await work;
};

beforeEach(() => {
  vi.useFakeTimers();
  keys.length = 0;
  person = { userId: 'u1' };
});

test('an order that got no answer is not known yet, and is sent again with its key', async () => {
  answer = () => Promise.reject(new Unreachable('away'));
  await settle(buy('a', 'ja'));
  expect(now()[0]).toMatchObject({ stage: 'unsure', orderId: null });
  answer = () => Promise.resolve({ data: { order_id: 'ord_1', status: 'pending' } });
  await settle(buy('a', 'ja'));
  expect(now()).toHaveLength(1);
  expect(now()[0]).toMatchObject({ stage: 'paid', orderId: 'ord_1' });
  expect(new Set(keys).size).toBe(1);
  const [first] = now();
  if (first) await settle(again(first, 'ja'));
  expect(keys, 'what is known is not sent again').toHaveLength(5);
});

test('a refusal is known', async () => {
  answer = () => Promise.reject(new ProblemError(409, { type: '/problems/some', title: 'Some', status: 409 }));
  await settle(buy('b', 'ja'));
  expect(now()[0]).toMatchObject({ stage: 'failed' });
});

test('nobody sees what somebody else has bought', () => {
  expect(now().length).toBeGreaterThan(0);
  person = { userId: 'u2' };
  for (const heard of watchers) heard();
  expect(now()).toEqual([]);
});

test('one that was sent before the page was loaded is sent again with its key', async () => {
  answer = () => Promise.resolve({ data: { order_id: 'ord_9', status: 'pending' } });
  await settle(takeUp({ key: 'before', product: 'd', userId: 'u1' }, 'ja'));
  expect(keys).toEqual(['before']);
  expect(now()[0]).toMatchObject({ key: 'before', stage: 'paid', orderId: 'ord_9' });
  await settle(takeUp({ key: 'before', product: 'd', userId: 'u1' }, 'ja'));
  expect(keys, 'it is known by now').toEqual(['before']);
});

test('who buys is told the key before anything is sent', async () => {
  answer = () => Promise.resolve({ data: { order_id: 'ord_10', status: 'pending' } });
  const told: string[] = [];
  const work = buy('e', 'ja', (key) => told.push(key));
  expect(told).toHaveLength(1);
  await settle(work);
  expect(keys).toEqual(told);
});
