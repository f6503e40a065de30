import { expect, test } from 'vitest';

import { ProblemError, Unreachable } from '@/api/problem';

import { unlessRefused } from './polling';

const state = (error: unknown, more = {}) => ({ status: 'error' as const, error, errorUpdateCount: 1, dataUpdatedAt: 0, ...more });
const problem = (status: number) => new ProblemError(status, { type: '/problems/some', title: 'Some', status });

test('what may pass is looked at again', () => {
  for (const error of [new Unreachable('away'), problem(429), problem(503)]) expect(unlessRefused(state(error, { errorUpdateCount: 99 }), 400)).toBe(400);
  expect(unlessRefused({ ...state(null), status: 'success' }, 400)).toBe(400);
});

test('what is refused is not', () => {
  for (const status of [400, 403, 410]) expect(unlessRefused(state(problem(status)), 400), String(status)).toBe(false);
});

test('what is not there yet is looked at a few times', () => {
  expect(unlessRefused(state(problem(404), { errorUpdateCount: 4 }), 400)).toBe(400);
  expect(unlessRefused(state(problem(404), { errorUpdateCount: 5 }), 400)).toBe(false);
  expect(unlessRefused(state(problem(401), { errorUpdateCount: 99, dataUpdatedAt: 1_000 }), 400, 9_000)).toBe(400);
  expect(unlessRefused(state(problem(401), { errorUpdateCount: 99, dataUpdatedAt: 1_000 }), 400, 12_000)).toBe(false);
});
