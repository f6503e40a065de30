import { useMemo, useState } from 'react';

/** Rows that were chosen, also on pages that are not shown any more. */
export interface Selection<T> {
  rows: T[];
  has: (row: T) => boolean;
  put: (rows: readonly T[], chosen: boolean) => void;
  clear: () => void;
}

/** `shown` are rows as they are now: of those the newest are told, not the ones that were chosen then. */
export function useSelection<T>(keyOf: (row: T) => string, shown: readonly T[] | undefined): Selection<T> {
  const [chosen, setChosen] = useState<ReadonlyMap<string, T>>(new Map());
  const newest = useMemo(() => new Map(shown?.map((row) => [keyOf(row), row])), [shown, keyOf]);
  return useMemo(() => ({
    rows: [...chosen].map(([key, row]) => newest.get(key) ?? row),
    has: (row) => chosen.has(keyOf(row)),
    put: (rows, isChosen) => setChosen((before) => {
      const next = new Map(before);
      for (const row of rows) {
        if (isChosen) next.set(keyOf(row), row);
        else next.delete(keyOf(row));
      }
      return next;
    }),
    clear: () => setChosen(new Map()),
  }), [chosen, newest, keyOf]);
}
