import type { Schemas } from '@/api/client';

type Damaged = Schemas['DamagedEntry'];

/** Entries of a list that can be shown, and ids of those whose rows can't be read. */
export function whole<T extends object>(items: readonly (T | Damaged)[] | undefined): { rows: T[] | undefined; damaged: string[] } {
  if (!items) return { rows: undefined, damaged: [] };
  const isDamaged = (item: T | Damaged): item is Damaged => 'damaged' in item;
  return { rows: items.filter((item): item is T => !isDamaged(item)), damaged: items.filter(isDamaged).map(({ id }) => id) };
}
