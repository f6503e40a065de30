/** Where a visitor is on the guided tour. Kept for the visit; whether it was offered, for good. */
import { useSyncExternalStore } from 'react';

import { local, session } from '@/api/storage';
import { places } from '@/app/places';

export const STEPS = ['welcome', 'shop', 'rivals', 'order', 'travel', 'moved', 'mail', 'behind'] as const;
export type Step = (typeof STEPS)[number];
export type At = Step | 'offer' | null;

const STEP = 'tour';
const OFFERED = 'tour_offered';
const watchers = new Set<() => void>();

/** Only a developer's street offers it by itself: it alone has an inbox to tell of. Programs that drive browsers have seen it. */
function first(): At {
  const kept = STEPS.find((step) => step === session.get(STEP));
  if (kept) return kept;
  return places.inbox !== null && local.get(OFFERED) === null && !navigator.webdriver ? 'offer' : null;
}

let at = first();

export function go(to: At): void {
  at = to;
  local.set(OFFERED, 'yes');
  session.set(STEP, to === 'offer' ? null : to);
  for (const watcher of watchers) watcher();
}

export function useTour(): At {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => at,
  );
}
