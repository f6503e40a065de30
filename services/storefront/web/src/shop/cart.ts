import { useQuery } from '@tanstack/react-query';

import { api, body } from '@/api/client';
import { usePerson } from '@/api/session';

/** Pieces in the cart; nobody has a cart before they are somebody. */
export function useCartCount(): number {
  const person = usePerson();
  const cart = useQuery({ queryKey: ['cart', person?.userId], queryFn: ({ signal }) => body(api.GET('/cart', { signal })), enabled: person !== null });
  return cart.data?.items.reduce((sum, item) => sum + item.quantity, 0) ?? 0;
}
