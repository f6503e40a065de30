import { expect, test } from 'vitest';

import { newest } from './cart';

const cart = (version: number, cart_id = 'cart_1') => ({ cart_id, items: [], version });

test('a cart that was read before a change does not take the place of what the change left', () => {
  expect(newest(cart(0), cart(1))).toEqual(cart(1));
  expect(newest(cart(2), cart(1))).toEqual(cart(2));
  expect(newest(cart(0), undefined)).toEqual(cart(0));
  expect(newest(cart(0, 'cart_2'), cart(1))).toEqual(cart(0, 'cart_2'));
});
