import { isPassing, ProblemError } from '@/api/problem';

/** So often, or so long, a read is asked for again that was said to be none, or not to be read: it may be about to be. */
const PATIENCE = 5;
const PATIENCE_MS = 10_000;

interface State {
  status: 'pending' | 'error' | 'success';
  error: unknown;
  errorUpdateCount: number;
  dataUpdatedAt: number;
}

/** When to look again, in milliseconds: not where the API refuses for good what is asked for. */
export function unlessRefused({ status, error, errorUpdateCount, dataUpdatedAt }: State, ms: number | false, now = Date.now()): number | false {
  if (status !== 'error' || isPassing(error) || !(error instanceof ProblemError)) return ms;
  // A token is renewed after it was refused, and what has just been written may not be read yet.
  const mayPass = error.status === 401 || error.status === 404;
  const isNew = dataUpdatedAt > 0 ? now - dataUpdatedAt < PATIENCE_MS : errorUpdateCount < PATIENCE;
  return mayPass && isNew ? ms : false;
}
