import { beforeEach, expect, test } from 'vitest';

import { forget, header, remember } from './positions';

beforeEach(() => forget());

test('reads ask for the newest version of what was written', () => {
  remember('ord_1:2, stock/prod_a:7');
  remember('ord_1:1');
  expect(header()).toBe('ord_1:2,stock/prod_a:7');
});

test('what is no position is left out', () => {
  remember('ord_1:x, :3, nothing');
  remember(null);
  expect(header()).toBeUndefined();
});

test('ten positions are kept, the newest', () => {
  for (let n = 0; n < 12; n += 1) remember(`ord_${n}:1`);
  expect(header()?.split(',')).toHaveLength(10);
  expect(header()).toContain('ord_11:1');
  expect(header()).not.toContain('ord_1:1');
});

test('a position is sent for half a minute', () => {
  remember('ord_1:2', 0);
  remember('ord_2:1', 20_000);
  expect(header(30_000)).toBe('ord_1:2,ord_2:1');
  remember('ord_1:2', 30_000);
  expect(header(30_001), 'told again it is no newer').toBe('ord_2:1');
  expect(header(50_001)).toBeUndefined();
});
