import { lazy, Suspense } from 'react';

import { texts } from '@/i18n';

import { useTour } from './state';

/** The tour, where somebody is on it; its chunk and its texts come only then. */
const Tour = lazy(async () => (await Promise.all([import('./Tour'), texts('live')]))[0]);

export function TourHost() {
  const at = useTour();
  return at === null ? null : <Suspense fallback={null}><Tour at={at} /></Suspense>;
}
