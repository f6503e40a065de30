import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

export const inboxRoutes: RouteObject[] = [
  { path: 'inbox', lazy: async () => (await Promise.all([import('./InboxPage'), texts('inbox')]))[0] },
];
