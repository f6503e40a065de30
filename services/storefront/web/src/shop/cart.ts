/** The visitor's cart. Every answer is the cart as it is then, so nothing has to be read again. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body, type Schemas } from '@/api/client';
import { insist, useIntentKey } from '@/api/insist';
import { ProblemError } from '@/api/problem';
import { someone, usePerson } from '@/api/session';
import { queries } from '@/app/query';

export type Cart = Schemas['Cart'];
export type CartItem = Schemas['CartItem'];

const keyOf = (userId: string | undefined) => ['cart', userId];

/** A cart that was read while something was put in may come after the answer to that, and be older. */
export function newest(read: Cart, known: Cart | undefined): Cart {
  return known && known.cart_id === read.cart_id && known.version > read.version ? known : read;
}

export function useCart() {
  const person = usePerson();
  const key = keyOf(person?.userId);
  return useQuery({ queryKey: key, queryFn: async ({ signal }) => newest(await body(api.GET('/cart', { signal })), queries.getQueryData<Cart>(key)), enabled: person !== null });
}

/** Pieces in the cart; nobody has a cart before they are somebody. */
export function useCartCount(): number {
  return pieces(useCart().data);
}

export function pieces(cart: Cart | undefined): number {
  return cart?.items.reduce((sum, item) => sum + item.quantity, 0) ?? 0;
}

/** Shows this cart from now on. */
export function showCart(userId: string | undefined, cart: Cart): void {
  queries.setQueryData(keyOf(userId), cart);
}

/** The newer cart that a refusal brought along: another device was first. */
export function newerCart(error: unknown): Cart | null {
  return error instanceof ProblemError && error.slug === 'cart-changed' ? (error.problem['cart'] as Cart) : null;
}

/** Puts pieces in. Opens a guest's account where nobody is signed in. */
export function useAddToCart() {
  const { i18n } = useTranslation();
  const intent = useIntentKey();
  return useMutation({
    mutationFn: async ({ productId, quantity }: { productId: string; quantity: number }) => {
      const { userId } = await someone(i18n.language);
      const send = (key: string) => body(api.POST('/cart/items', { params: { header: { 'Idempotency-Key': key } }, body: { product_id: productId, quantity } }));
      showCart(userId, await insist(send, intent.of([userId, productId, quantity])));
    },
    // Pressed again after no answer it is the same wish: the pieces may be in already.
    onSettled: (_, error) => intent.settled(error ?? undefined),
    scope: { id: 'cart' },
  });
}

/**
 * Sets how many pieces of a product there are; none takes it out. One change after the other, each of the cart that the one before left.
 */
export function useSetQuantity() {
  const person = usePerson();
  const key = keyOf(person?.userId);
  return useMutation({
    mutationFn: ({ productId, quantity }: { productId: string; quantity: number }) => {
      const version = queries.getQueryData<Cart>(key)?.version;
      const params = { path: { id: productId }, header: { 'If-Match': version === undefined ? '*' : `"${version}"` } };
      return insist(() => body(quantity === 0 ? api.DELETE('/cart/items/{id}', { params }) : api.PUT('/cart/items/{id}', { params, body: { quantity } })));
    },
    scope: { id: 'cart' },
    onSuccess: (cart) => queries.setQueryData(key, cart),
    onError: (error) => {
      const newer = newerCart(error);
      if (newer) queries.setQueryData(key, newer);
    },
  });
}
