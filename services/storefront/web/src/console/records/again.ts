import type { Run } from '../api';

/** Whoever looks at an old run is not waiting. */
const PATIENCE = 10 * 60_000;

/** How soon to ask again: while it runs, and then for some minutes while letters wait for their consumer. */
export function again(run: Run | undefined, now = Date.now()): number | false {
  if (run?.state === 'running') return 1_000;
  const since = now - Date.parse(run?.ended_at ?? '');
  return run?.handlings?.waiting && since < PATIENCE ? 2_000 : false;
}
