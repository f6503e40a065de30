import { Activity, Boxes, CreditCard, LayoutDashboard, type LucideIcon, Package, ReceiptText, Settings, ShoppingCart, Users } from 'lucide-react';

interface Place {
  id: 'dashboard' | 'orders' | 'products' | 'stock' | 'customers' | 'payments' | 'carts' | 'settings' | 'operations';
  to: string;
  icon: LucideIcon;
}

/** Pages of the admin, in the order in which a merchant's day has them. */
export const PLACES: readonly Place[] = [
  { id: 'dashboard', to: '/admin', icon: LayoutDashboard },
  { id: 'orders', to: '/admin/orders', icon: ReceiptText },
  { id: 'products', to: '/admin/products', icon: Package },
  { id: 'stock', to: '/admin/stock', icon: Boxes },
  { id: 'customers', to: '/admin/customers', icon: Users },
  { id: 'payments', to: '/admin/payments', icon: CreditCard },
  { id: 'carts', to: '/admin/carts', icon: ShoppingCart },
  { id: 'settings', to: '/admin/settings', icon: Settings },
  // Another area, with tabs of its own: the way there.
  { id: 'operations', to: '/admin/operations', icon: Activity },
];

/** The page that an address belongs to. */
export function placeOf(pathname: string): Place | undefined {
  return PLACES.find(({ to }) => (to === '/admin' ? pathname.replace(/\/$/, '') === to : pathname.startsWith(to)));
}
