import { newKey } from '@/api/client';

/** How many commands of one bulk action are under way at once: enough to be quick, few enough to leave the shop its calls. */
const AT_ONCE = 4;

export type Outcome = { state: 'waiting' } | { state: 'running' } | { state: 'done' } | { state: 'failed'; error: unknown };

/** One thing of a bulk action. Its key stays the same however often it is tried. */
export interface Entry<T> {
  id: string;
  item: T;
  key: string;
  outcome: Outcome;
}

export function entriesOf<T>(items: readonly T[], idOf: (item: T) => string): Entry<T>[] {
  return items.map((item) => ({ id: idOf(item), item, key: newKey(), outcome: { state: 'waiting' } }));
}

export interface Count {
  all: number;
  done: number;
  failed: number;
}

export function countOf(entries: readonly Entry<unknown>[]): Count {
  const of = (state: Outcome['state']) => entries.filter(({ outcome }) => outcome.state === state).length;
  return { all: entries.length, done: of('done'), failed: of('failed') };
}

/**
 * Does `act` for each entry that is not done yet, some at once. Each fails alone. `tell` hears each change. Answers once all
 * have an outcome; `stopped` keeps those that have not begun from beginning.
 */
export async function run<T>(
  entries: readonly Entry<T>[],
  act: (item: T, key: string) => Promise<unknown>,
  tell: (id: string, outcome: Outcome) => void,
  stopped: () => boolean = () => false,
): Promise<void> {
  const open = entries.filter(({ outcome }) => outcome.state !== 'done');
  let next = 0;
  const worker = async () => {
    for (let entry = open[next++]; entry && !stopped(); entry = open[next++]) {
      tell(entry.id, { state: 'running' });
      try {
        await act(entry.item, entry.key);
        tell(entry.id, { state: 'done' });
      } catch (error) {
        tell(entry.id, { state: 'failed', error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, open.length) }, worker));
}
