import { useMemo, useState } from 'react';

/** Rows that were chosen, also on pages that are not shown any more. */
export interface Selection<T> {
  rows: T[];
  has: (row: T) => boolean;
  put: (rows: readonly T[], chosen: boolean) => void;
  clear: () => void;
}

export function useSelection<T>(keyOf: (row: T) => string): Selection<T> {
  const [chosen, setChosen] = useState<ReadonlyMap<string, T>>(new Map());
  return useMemo(() => ({
    rows: [...chosen.values()],
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
  }), [chosen, keyOf]);
}
