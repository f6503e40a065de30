import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

export const shopRoutes: RouteObject[] = [
  { index: true, lazy: async () => (await Promise.all([import('./Home'), texts('shop')]))[0] },
];
