import { expect, test } from 'vitest';

import type { Schemas } from '@/api/client';
import { ProblemError, Unreachable } from '@/api/problem';

import { countOf, entriesOf, type Outcome, run } from './bulk';
import { insist, waitOf } from './commands';
import { changeOf, compare, draftOf, EMPTY, faultsOf, merged, rebased } from './product';
import { beginnings, salesOf } from './sales';

const refused = (status: number, slug: string, retryAfter?: number) => new ProblemError(status, { type: `/problems/${slug}`, title: slug, status }, retryAfter);

test('a command is sent again while it may do better, and its answer is the last one', async () => {
  let tries = 0;
  const waited: number[] = [];
  const answer = await insist(() => {
    tries += 1;
    return tries < 3 ? Promise.reject(new Unreachable('away')) : Promise.resolve('done');
  }, (ms) => {
    waited.push(ms);
    return Promise.resolve();
  });
  expect([answer, tries, waited]).toEqual(['done', 3, [300, 600]]);
});

test('what is refused is not sent again', async () => {
  let tries = 0;
  const sent = insist(() => {
    tries += 1;
    return Promise.reject(refused(409, 'refund-too-large'));
  }, () => Promise.resolve());
  await expect(sent).rejects.toMatchObject({ slug: 'refund-too-large' });
  expect(tries).toBe(1);
  expect(waitOf(refused(429, 'too-many-requests', 2), 0)).toBe(2000);
});

test('each of many fails alone, and is repeated with its key', async () => {
  let entries = entriesOf(['a', 'b', 'c'], (id) => id);
  const tell = (id: string, outcome: Outcome) => {
    entries = entries.map((entry) => (entry.id === id ? { ...entry, outcome } : entry));
  };
  const keys: string[] = [];
  await run(entries, (item, key) => {
    if (item !== 'b') return Promise.resolve();
    keys.push(key);
    return Promise.reject(refused(409, 'order-not-shippable'));
  }, tell);
  expect(countOf(entries)).toEqual({ all: 3, done: 2, failed: 1 });
  await run(entries, (item, key) => {
    keys.push(key);
    return Promise.resolve(item);
  }, tell);
  expect(countOf(entries)).toEqual({ all: 3, done: 3, failed: 0 });
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test('what has not begun when it is stopped does not begin', async () => {
  const entries = entriesOf([1, 2, 3, 4, 5, 6, 7, 8, 9], String);
  let begun = 0;
  await run(entries, () => {
    begun += 1;
    return Promise.resolve();
  }, () => undefined, () => begun >= 4);
  expect(begun).toBe(4);
});

const product: Schemas['Product'] = {
  product_id: 'prod_mochi', name: '餅', names: { en: 'Mochi', fr: 'Mochi' }, description: '', price: 150, currency: 'JPY', stock: 3, images: [], categories: ['sweets'], version: 4,
};

test('only what somebody else changed is a conflict, and who changed it is told', () => {
  const before = draftOf(product);
  const mine = { ...before, price: 160, description: 'mine' };
  const theirs = { ...before, price: 170, nameEn: 'Rice cake' };
  const differences = compare(before, mine, theirs);
  expect(differences.map(({ part, both }) => [part, both])).toEqual([['nameEn', false], ['price', true]]);
  expect(merged(mine, theirs, new Set(['nameEn']))).toEqual({ ...mine, nameEn: 'Rice cake' });
  expect(compare(before, mine, { ...before, price: 160 })).toEqual([]);
});

test('a change leaves the price out unless it was changed, and keeps other languages', () => {
  const change = changeOf({ ...draftOf(product), nameEn: '' }, product);
  expect(change).toEqual({ name: '餅', description: '', names: { fr: 'Mochi' }, descriptions: {}, categories: ['sweets'], search_text: '' });
  expect(changeOf({ ...draftOf(product), price: 155 }, product).price).toBe(155);
});

test('what the API would refuse is told before', () => {
  expect(faultsOf(draftOf(product))).toEqual({});
  expect(faultsOf({ ...draftOf(product), name: ' ', price: Number.NaN, categories: 'Sweets' })).toEqual({ name: 'needed', price: 'price', categories: 'category' });
});

test('sales are summed by the hour of the payment, in one currency, exactly', () => {
  const now = new Date('2026-11-30T10:30:00');
  const payment = (at: string, captured: number, refunded = 0): Schemas['Payment'] => ({
    payment_id: `pay_${at}`, order_id: 'ord_1', status: 'captured', captured, refunded, currency: 'USD', started_at: new Date(at).toISOString(), updated_at: at, version: 3,
  });
  const sales = salesOf([payment('2026-11-30T10:01:00', 0.1), payment('2026-11-30T10:02:00', 0.2, 0.1), payment('2026-11-29T10:02:00', 5)], now, 'hour');
  expect(sales.bars).toHaveLength(24);
  expect(sales.bars.at(-1)).toMatchObject({ taken: 0.3, back: 0.1, payments: 2 });
  expect([sales.taken, sales.payments]).toEqual([0.3, 2]);
  expect(beginnings(now, 'day')[0]?.getHours()).toBe(0);
});

test('what is typed while a product is saved stays', () => {
  const sent = { ...EMPTY, name: 'Dango', price: 120 };
  const saved = { ...sent, name: 'Dango, large', searchText: 'sweet' };
  expect(rebased({ ...sent, price: 130, nameEn: 'Dumplings' }, sent, saved)).toEqual({ ...saved, price: 130, nameEn: 'Dumplings' });
  expect(rebased(sent, sent, saved)).toEqual(saved);
});
