import { ProblemError, isPassing } from '@/api/problem';

/** How often a command is sent again by itself, with the same key, before somebody has to press again. */
const TRIES = 4;
/** The longest wait between two tries, in milliseconds. */
const LONGEST_WAIT_MS = 5_000;

export type Wait = (ms: number) => Promise<void>;

const pause: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds until the next try: what the API asked for, else longer each time. */
export function waitOf(error: unknown, attempt: number): number {
  const asked = error instanceof ProblemError ? error.retryAfter : undefined;
  return Math.min(LONGEST_WAIT_MS, asked === undefined ? 300 * 2 ** attempt : asked * 1000);
}

/**
 * Sends a command until it is answered, or refused for good. `send` has to be the same each time, key included: what was
 * done by a try whose answer was lost is then not done twice.
 */
export async function insist<T>(send: () => Promise<T>, wait: Wait = pause): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (attempt + 1 >= TRIES || !isPassing(error)) throw error;
      await wait(waitOf(error, attempt));
    }
  }
}
