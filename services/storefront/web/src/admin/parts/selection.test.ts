import { act, renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';

import { useSelection } from './selection';

interface Row {
  id: string;
  version: number;
}
const keyOf = ({ id }: Row) => id;
const row = (id: string, version: number): Row => ({ id, version });

test('chosen rows are as they are shown now; those on other pages as they were', () => {
  const first = [row('a', 1), row('b', 1)];
  const { result, rerender } = renderHook(({ shown }) => useSelection(keyOf, shown), { initialProps: { shown: first } });
  act(() => result.current.put(first, true));
  rerender({ shown: [row('b', 2), row('c', 1)] });
  expect(result.current.rows).toEqual([row('a', 1), row('b', 2)]);
  expect([result.current.has(row('b', 2)), result.current.has(row('c', 1))]).toEqual([true, false]);
});
