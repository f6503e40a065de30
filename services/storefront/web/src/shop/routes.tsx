import type { RouteObject } from 'react-router';

import { texts } from '@/i18n';

/** A page's chunk and the shop's texts, side by side. */
function page<T>(load: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([load(), texts('shop')]))[0];
}

export const shopRoutes: RouteObject[] = [
  { index: true, lazy: page(() => import('./Home')) },
  { path: 'shop/products/:id', lazy: page(() => import('./product/ProductPage')) },
  { path: 'shop/cart', lazy: page(() => import('./cart/CartPage')) },
  { path: 'shop/checkout', lazy: page(() => import('./checkout/Checkout')) },
  { path: 'shop/orders', lazy: page(() => import('./order/Orders')) },
  { path: 'shop/orders/:id', lazy: page(() => import('./order/OrderPage')) },
  { path: 'shop/sign-in', lazy: page(() => import('./account/SignIn')) },
  { path: 'shop/account', lazy: page(() => import('./account/Account')) },
];
