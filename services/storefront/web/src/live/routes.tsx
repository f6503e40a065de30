import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

export const liveRoutes: RouteObject[] = [
  { path: 'live', lazy: async () => (await Promise.all([import('./Live'), texts('live')]))[0] },
];
