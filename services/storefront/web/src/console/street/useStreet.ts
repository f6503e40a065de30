import { useQuery } from '@tanstack/react-query';

import { unlessRefused } from '@/app/polling';

import { ops } from '../api';

/** A look each second; looks of many watchers are one for the street. */
export const EVERY_MS = 1_000;

export function useStreet() {
  const query = useQuery({ queryKey: ['console', 'street'], queryFn: ({ signal }) => ops.street(signal), refetchInterval: ({ state }) => unlessRefused(state, EVERY_MS), retry: false });
  // What is shown is of then, and says so, as soon as a look has failed or can't be tried.
  const isBehind = query.data !== undefined && (query.isError || query.errorUpdatedAt > query.dataUpdatedAt || query.fetchStatus === 'paused');
  return { ...query, isBehind };
}
