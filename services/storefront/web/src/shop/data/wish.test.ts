import { expect, test } from 'vitest';

import { filters, NO_WISH, query, read, write } from './wish';

test('an address keeps the whole wish', () => {
  const wish = { q: 'きのこ', category: 'sweets/chocolate', min: 100, max: 500, inStock: true, sort: '-price' as const };
  expect(read(write(wish))).toEqual(wish);
  expect(filters(wish)).toBe(3);
  expect(query(wish)).toEqual({ category: 'sweets/chocolate', min_price: 100, max_price: 500, in_stock: true });
});

test('no wish leaves the address bare', () => {
  expect(write(NO_WISH).toString()).toBe('');
  expect(read(new URLSearchParams())).toEqual(NO_WISH);
  expect(query(NO_WISH)).toEqual({});
});

test('what makes no sense in an address is left out', () => {
  expect(read(new URLSearchParams('min=-1&max=cheap&sort=random&stock=maybe&category=+'))).toEqual(NO_WISH);
});
