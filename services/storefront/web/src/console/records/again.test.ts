import { describe, expect, it } from 'vitest';

import type { Run } from '../api';
import { again } from './again';

const ended = '2026-11-30T10:00:00Z';
const at = (minutes: number) => Date.parse(ended) + minutes * 60_000;
const run = (waiting: number, state: Run['state'] = 'finished') => ({ state, ended_at: ended, handlings: { waiting, handled: 1, ignored: 0, dead_again: 0 } }) as Run;

describe('how soon a run is asked for again', () => {
  it('is every second while it runs', () => expect(again(run(0, 'running'), at(0))).toBe(1_000));
  it('is now and then while its letters wait, for some minutes', () => {
    expect(again(run(2), at(1))).toBe(2_000);
    expect(again(run(2), at(11))).toBe(false);
  });
  it('is never once all have come to something, or nobody says', () => {
    expect(again(run(0), at(1))).toBe(false);
    expect(again({ state: 'finished', ended_at: ended } as Run, at(1))).toBe(false);
    expect(again(undefined)).toBe(false);
  });
});
