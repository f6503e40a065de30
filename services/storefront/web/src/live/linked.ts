/** Where the order of an old mail's link is shown: `#order=ID&key=KEY`, or `?order=ID` without a key. */
export function linkedOrder(hash: string, search: string): string | null {
  const told = new URLSearchParams(hash.slice(1) || search);
  const [order, key] = [told.get('order'), told.get('key')];
  if (!order) return null;
  return `/shop/orders/${encodeURIComponent(order)}${key ? `#key=${encodeURIComponent(key)}` : ''}`;
}
