import { createBrowserRouter, redirect, type RouteObject } from 'react-router';

import { adminRoutes } from '@/admin/routes';
import { consoleRoutes } from '@/console/routes';
import { inboxRoutes } from '@/inbox/routes';
import { liveRoutes } from '@/live/routes';
import { shopRoutes } from '@/shop/routes';
import { Failed, Skeleton } from '@/ui/states';

import { NotFound } from './NotFound';
import { Shell } from './Shell';

/**
 * All pages. Each area's pages are chunks of their own, with texts of their own. Their addresses are answered by the
 * storefront role (`PAGES` in services/storefront/src/web/mod.rs): a new first part has to be named there.
 */
const routes: RouteObject[] = [
  {
    element: <Shell />,
    children: [
      { hydrateFallbackElement: <Skeleton height="60vh" />, errorElement: <Failed error={null} again={() => window.location.reload()} />, children: [...shopRoutes, ...liveRoutes, ...inboxRoutes, ...adminRoutes, ...consoleRoutes, { path: 'tally', loader: () => redirect('/live') }, { path: '*', element: <NotFound /> }] },
    ],
  },
];

export const router = createBrowserRouter(routes);
