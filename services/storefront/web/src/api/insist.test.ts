import { renderHook } from '@testing-library/react';
import { expect, test } from 'vitest';

import { insist, useIntentKey } from './insist';
import { ProblemError, Unreachable } from './problem';

const refusal = (status: number) => new ProblemError(status, { type: '/problems/some', title: 'Some', status });
const noPause = () => Promise.resolve();

test('a command that got no answer is sent again with its key', async () => {
  const keys: string[] = [];
  const answer = await insist((key) => {
    keys.push(key);
    return keys.length < 3 ? Promise.reject(new Unreachable('away')) : Promise.resolve('done');
  }, undefined, noPause);
  expect(answer).toBe('done');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

test('a refusal is no reason to ask again', async () => {
  let sent = 0;
  const send = () => {
    sent += 1;
    return Promise.reject(refusal(409));
  };
  await expect(insist(send, undefined, noPause)).rejects.toMatchObject({ status: 409 });
  expect(sent).toBe(1);
});

test('who gets no answer at all is told so after a few tries', async () => {
  let sent = 0;
  const send = () => {
    sent += 1;
    return Promise.reject(refusal(503));
  };
  await expect(insist(send, undefined, noPause)).rejects.toMatchObject({ status: 503 });
  expect(sent).toBe(4);
});

test('the same wish keeps its key until its outcome is known', () => {
  const { result } = renderHook(() => useIntentKey());
  const { of, settled } = result.current;
  const first = of({ a: 1 });
  settled(new Unreachable('away'));
  expect(of({ a: 1 })).toBe(first);
  expect(of({ a: 2 })).not.toBe(first);
  const second = of({ a: 2 });
  settled();
  expect(of({ a: 2 })).not.toBe(second);
});
