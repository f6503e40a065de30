import { expect, test } from 'vitest';

import { ProblemError } from '@/api/problem';

import { changedPrices, totalAt } from './prices';

const change = { product_id: 'prod_a', price_in_cart: 200, price: 250, currency: 'JPY' };

test('a refused order tells both prices, and nothing else does', () => {
  const refused = new ProblemError(409, { type: '/problems/prices-changed', title: 'Prices changed', status: 409, prices: [change] });
  expect(changedPrices(refused)).toEqual([change]);
  expect(changedPrices(new ProblemError(409, { type: '/problems/cart-changed', title: 'Cart changed', status: 409 }))).toBeNull();
  expect(changedPrices(new Error('no'))).toBeNull();
});

test('the new total has new prices for what changed', () => {
  const items = [{ product_id: 'prod_a', price: 200, quantity: 2 }, { product_id: 'prod_b', price: 100, quantity: 1 }];
  expect(totalAt(items, [change])).toBe(600);
});
