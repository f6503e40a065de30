import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

/** A page in a chunk of its own, shown once its texts are there. */
function page(load: () => Promise<{ Component: React.ComponentType }>): () => Promise<{ Component: React.ComponentType }> {
  return async () => (await Promise.all([load(), texts('admin')]))[0];
}

export const adminRoutes: RouteObject[] = [
  {
    path: 'admin',
    lazy: page(() => import('./Layout')),
    children: [
      { index: true, lazy: page(() => import('./dashboard/Dashboard')) },
      { path: 'products', lazy: page(() => import('./products/Products')) },
      { path: 'products/new', lazy: page(() => import('./products/NewProduct')) },
      { path: 'products/:id', lazy: page(() => import('./products/ProductPage')) },
      { path: 'orders', lazy: page(() => import('./orders/Orders')) },
      { path: 'orders/:id', lazy: page(() => import('./orders/OrderPage')) },
      { path: 'customers', lazy: page(() => import('./customers/Customers')) },
      { path: 'customers/:id', lazy: page(() => import('./customers/CustomerPage')) },
      { path: 'payments', lazy: page(() => import('./lists/Payments')) },
      { path: 'carts', lazy: page(() => import('./lists/Carts')) },
      { path: 'stock', lazy: page(() => import('./lists/Stock')) },
      { path: 'settings', lazy: page(() => import('./Settings')) },
    ],
  },
];
