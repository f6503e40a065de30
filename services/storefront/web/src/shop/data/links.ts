/** Links to an order for whoever has its key. The key stands behind the `#`, which browsers send to no server. */

/** The order's page, where a link is one as mails had it before: `#order=ID&key=KEY`; without a key `?order=ID`, to the live page alone. */
export function linkedOrder(hash: string, search = ''): string | null {
  const params = new URLSearchParams(hash.slice(1) || search);
  const [order, key] = [params.get('order'), params.get('key')];
  if (!order || !(key || search) || !/^ord_[\w-]{1,64}$/.test(order)) return null;
  return `/shop/orders/${order}${key ? `#${new URLSearchParams({ key }).toString()}` : ''}`;
}

/** The key in an order page's address. */
export function keyIn(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get('key');
}

/** A way within these pages, and no other site's: where to go on after signing in. */
export function within(path: string | null): string {
  return path && /^\/(?![/\\])/.test(path) ? path : '/';
}
