import { expect, test } from 'vitest';

import { choices } from './choices';

test('a rival that is not on sale can stay one', () => {
  const products = [{ id: 'prod_a', text: 'A' }];
  expect(choices(products, 'prod_a')).toBe(products);
  expect(choices(products, 'prod_gone').map(({ id }) => id)).toEqual(['prod_gone', 'prod_a']);
});
