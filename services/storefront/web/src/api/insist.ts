/** Commands until they are answered: the same request, with the same key, so that it is done once. */
import { useRef } from 'react';

import { newKey } from './client';
import { isPassing, ProblemError } from './problem';

const TRIES = 4;

function wait(attempt: number, error: unknown): Promise<void> {
  const told = error instanceof ProblemError ? error.retryAfter : undefined;
  const ms = told === undefined ? 300 * 2 ** attempt * (0.5 + Math.random() / 2) : Math.min(told * 1000, 10_000);
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends a command, and again while that may help. */
export async function insist<T>(send: (key: string) => Promise<T>, key = newKey(), pause = wait): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send(key);
    } catch (error) {
      if (attempt + 1 >= TRIES || !isPassing(error)) throw error;
      await pause(attempt, error);
    }
  }
}

/**
 * A key for each intent: the same wish has the same key until it is known what became of it, also where its button is
 * pressed again after an answer that never came.
 */
export function useIntentKey(): { of: (wish: unknown) => string; settled: (error?: unknown) => void } {
  const open = useRef<{ wish: string; key: string } | null>(null);
  return {
    of: (wish) => {
      const text = JSON.stringify(wish);
      if (open.current?.wish !== text) open.current = { wish: text, key: newKey() };
      return open.current.key;
    },
    settled: (error) => {
      if (!isPassing(error)) open.current = null;
    },
  };
}
