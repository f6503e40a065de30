import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

/** Operations: a chunk for each page, beside one for what they share. */
export const consoleRoutes: RouteObject[] = [
  {
    path: '/admin/operations',
    lazy: async () => (await Promise.all([import('./Layout'), texts('console')]))[0],
    children: [
      { index: true, lazy: () => import('./street/StreetPage') },
      { path: 'dead-letters', lazy: () => import('./letters/LettersPage') },
      { path: 'runs/:id', lazy: () => import('./records/RunPage') },
      { path: 'invariants', lazy: () => import('./checks/ChecksPage') },
      { path: 'rebuilds', lazy: () => import('./rebuilds/RebuildsPage') },
      { path: 'records', lazy: () => import('./records/RecordsPage') },
      { path: 'orders', lazy: () => import('./journey/OrdersPage') },
      { path: 'orders/:id', lazy: () => import('./journey/JourneyPage') },
    ],
  },
];
