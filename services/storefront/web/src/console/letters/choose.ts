/** Which letters are meant, and how a cause is sent back. */
import type { Chosen, Group, Letter } from '../api';

/** A group's cause, as a filter of a run. An empty type means letters of which none is known; a missing one would mean any. */
export function causeOf(group: Group): NonNullable<Chosen['cause']> {
  return { reason: group.reason, consumer: group.consumer, event_type: group.event_type ?? '', error: group.error };
}

export function isOf(letter: Letter, group: Group): boolean {
  return letter.reason === group.reason && letter.consumer === group.consumer && letter.event_type === group.event_type && letter.cause === group.error;
}

/** Names a group in the page's address. */
export const keyOf = (group: Group) => [group.queue, group.reason, group.consumer, group.event_type ?? '', group.error].join('\n');

export interface Filter { queue: string | null; type: string | null }

export function filtered(groups: readonly Group[], { queue, type }: Filter): Group[] {
  return groups.filter((group) => (queue === null || group.queue === queue) && (type === null || group.event_type === type)).sort((a, b) => b.count - a.count);
}

/** More are not rehearsed at once. */
export const REHEARSED = 20;
/** More letters are not named one by one: a filter is sent instead. */
export const NAMED = 100;

/** Spread over the whole list: the first twenty are often of one minute. */
export function sampleOf<T>(all: readonly T[], most = REHEARSED): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, n) => all[Math.floor((n * all.length) / most)] as T);
}
