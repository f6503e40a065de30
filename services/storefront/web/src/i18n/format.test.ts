import { expect, test } from 'vitest';

import { formats } from './format';

test('yen have no fractions, in either language', () => {
  expect(formats('ja').money(1200, 'JPY')).toMatch(/^[¥￥]1,200$/);
  expect(formats('en').money(1200, 'JPY')).toBe('¥1,200');
  expect(formats('en').money(29.9, 'USD')).toBe('$29.90');
});

test('a moment is told by its largest unit', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  expect(formats('en').ago('2026-01-01T11:57:10Z', now)).toBe('2 minutes ago');
  expect(formats('en').ago('2026-01-01T12:00:00Z', now)).toBe('now');
  expect(formats('ja').ago('2025-12-30T12:00:00Z', now)).toBe('一昨日');
});

test('progress is told in whole percents, and nothing is done before it is', () => {
  const { progress } = formats('en');
  expect([0, 0.004, 0.29, 0.4, 0.999, 1].map(progress)).toEqual(['0%', '0%', '29%', '40%', '99%', '100%']);
});

test('durations have three figures', () => {
  const { duration } = formats('en');
  expect([duration(0.25), duration(840.4), duration(1234)]).toEqual(['250 µs', '840 ms', '1.23 s']);
});
