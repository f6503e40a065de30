import { expect, test } from 'vitest';

import { drawing, GROUNDS, PATTERNS } from './pick';

test('a sweet is drawn as what it is called, in either language', () => {
  expect(drawing('prod_1', ['きのこの山']).sweet).toBe('kinoko');
  expect(drawing('prod_2', ['春限定', 'Takenoko no Sato']).sweet).toBe('takenoko');
  expect(drawing('prod_yokan', ['夜の梅']).sweet).toBe('yokan');
});

test('what nobody knows comes as a parcel with its first character', () => {
  expect(drawing('prod_x', ['風鈴'])).toMatchObject({ sweet: 'parcel', mark: '風' });
  expect(drawing('prod_x', ['👨‍👩‍👧 set']).mark).toBe('👨‍👩‍👧');
  expect(drawing('prod_x', ['  ']).mark).toBe('品');
});

test('the same product always looks the same, and many do not look alike', () => {
  expect(drawing('prod_a', ['a'])).toEqual(drawing('prod_a', ['a']));
  const grounds = new Set(Array.from({ length: 100 }, (_, n) => drawing(`prod_${n}`, ['x'])).map(({ ground, pattern }) => `${ground}${pattern}`));
  expect(grounds.size).toBeGreaterThan((GROUNDS * PATTERNS.length) / 2);
});
