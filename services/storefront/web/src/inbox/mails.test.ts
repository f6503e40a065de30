import { expect, test } from 'vitest';

import { inFull, linked, nameOf } from './mails';

test('addresses of the web within a text are told from the rest, without the point after them', () => {
  expect(linked('See http://127.0.0.1:8080/shop/orders/ord_1#key=ab. Bye')).toEqual(['See ', 'http://127.0.0.1:8080/shop/orders/ord_1#key=ab', '. Bye']);
  expect(linked('ご注文はこちら：https://shop.example/a?b=c。ありがとう')).toEqual(['ご注文はこちら：', 'https://shop.example/a?b=c', '。ありがとう']);
  expect(linked('no javascript:alert(1) here')).toEqual(['no javascript:alert(1) here']);
});

test('who has no name is called by the address', () => {
  expect([nameOf({ Name: '', Address: 'mei@example.com' }), inFull({ Name: '花子', Address: 'hanako@example.jp' })]).toEqual(['mei@example.com', '花子 <hanako@example.jp>']);
});
