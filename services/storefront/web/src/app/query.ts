import { QueryClient } from '@tanstack/react-query';

import { isPassing, ProblemError } from '@/api/problem';

/** How long to wait before the next try, in milliseconds: what the API said, else longer each time. */
function wait(attempt: number, error: unknown): number {
  if (error instanceof ProblemError && error.retryAfter !== undefined) return error.retryAfter * 1000;
  return Math.min(8000, 400 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry: (failures, error) => failures < 3 && isPassing(error), retryDelay: wait },
    // A command is repeated by whoever gave it, with the same key.
    mutations: { retry: false },
  },
});
