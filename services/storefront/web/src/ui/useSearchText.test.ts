import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { useSearchText } from './useSearchText';

const PAUSE_MS = 200;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function search(q = '') {
  const told: string[] = [];
  const { result, rerender } = renderHook(({ q }) => useSearchText(q, (q) => told.push(q), PAUSE_MS), { initialProps: { q } });
  return {
    told,
    text: () => result.current.text,
    type: (text: string) => {
      act(() => result.current.setText(text));
    },
    pause: () => {
      act(() => void vi.advanceTimersByTime(PAUSE_MS));
    },
    address: (q: string) => rerender({ q }),
  };
}

test('what is typed is told after a pause, once', () => {
  const { told, type, pause, address } = search();
  type('y');
  type('yo ');
  expect(told).toEqual([]);
  pause();
  address('yo');
  pause();
  expect(told).toEqual(['yo']);
});

test('an address that comes late takes away nothing that was typed meanwhile', () => {
  const { told, text, type, pause, address } = search();
  type('yok');
  pause();
  type('yokan');
  address('yok');
  expect(text()).toBe('yokan');
  pause();
  address('yokan');
  expect(told).toEqual(['yok', 'yokan']);
});

test('an address that changes by itself is followed, and not told of', () => {
  const { told, text, type, pause, address } = search('mochi');
  type('mochi ice');
  pause();
  address('mochi ice');
  address('mochi');
  expect(text()).toBe('mochi');
  pause();
  type('mochi i');
  address('');
  expect(text()).toBe('');
  pause();
  expect(told).toEqual(['mochi ice']);
});

test('what is taken back before the address has followed is told, too', () => {
  const { told, text, type, pause, address } = search();
  type('a');
  pause();
  type('');
  pause();
  address('');
  expect(text()).toBe('');
  expect(told).toEqual(['a', '']);
});

test('what was told before can be told again', () => {
  const { told, type, pause, address } = search();
  for (const words of ['dango', '', 'dango']) {
    type(words);
    pause();
    address(words);
  }
  expect(told).toEqual(['dango', '', 'dango']);
});
