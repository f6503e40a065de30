import { expect, test } from 'vitest';

import { keyIn, linkedOrder, within } from './links';

test('a link of an older mail leads to its order', () => {
  expect(linkedOrder('#order=ord_1&key=ab-_c')).toBe('/shop/orders/ord_1#key=ab-_c');
  expect(keyIn('#key=ab-_c')).toBe('ab-_c');
  expect(linkedOrder('#order=ord_1&key=a%2Bb')).toBe('/shop/orders/ord_1#key=a%2Bb');
  expect(linkedOrder('', '?order=ord_1')).toBe('/shop/orders/ord_1');
  expect(linkedOrder('', '?wall')).toBeNull();
});

test('no other fragment leads anywhere', () => {
  for (const hash of ['', '#main', '#order=ord_1', '#key=a', '#order=../admin&key=a']) expect(linkedOrder(hash), hash).toBeNull();
  expect(keyIn('')).toBeNull();
});

test('after signing in nobody is led off the site', () => {
  expect(within('/shop/cart?a=b')).toBe('/shop/cart?a=b');
  for (const path of [null, '', '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)']) expect(within(path)).toBe('/');
});
