import { expect, test } from 'vitest';

import { choices } from './choices';

test('a rival that is not on sale can stay one', () => {
  const found = [{ id: 'prod_a', text: 'A' }];
  expect(choices(found, { id: 'prod_a', text: 'A' })).toBe(found);
  expect(choices(found, { id: 'prod_gone', text: 'prod_gone' }).map(({ id }) => id)).toEqual(['prod_gone', 'prod_a']);
});
