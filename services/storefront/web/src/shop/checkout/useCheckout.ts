import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { insist, useIntentKey } from '@/api/insist';
import { usePerson } from '@/api/session';

import { type Cart, newerCart, showCart } from '../cart';
import { mailsTo } from '../data/guests';
import type { Me } from '../data/me';

export interface Intent {
  cart: Cart;
  /** Where mails go; a guest may leave it out. */
  email: string;
  paymentToken: string;
  acceptPrices: boolean;
}

/**
 * Places the order of the cart that was seen. A guest who names an address becomes a guest with it first, cart and all. One
 * key an intent: it is ordered once, however often it is sent.
 */
export function useCheckout(me: Me | undefined) {
  const { i18n } = useTranslation();
  const client = useQueryClient();
  const person = usePerson();
  const intent = useIntentKey();
  return useMutation({
    mutationFn: async ({ cart, email, paymentToken, acceptPrices }: Intent) => {
      let [userId, seen] = [person?.userId, cart];
      if (me?.guest && email && (me.email !== email || me.language !== i18n.language)) {
        const { language } = i18n;
        seen = await mailsTo(email, language, (newId, moved) => {
          userId = newId;
          showCart(newId, moved);
          client.setQueryData(['me', newId], { ...me, user_id: newId, email, language });
        });
      }
      const wish = { payment_token: paymentToken, ...(acceptPrices && { accept_prices: true }) };
      const key = intent.of([userId, seen.version, wish]);
      const params = { header: { 'Idempotency-Key': key, 'If-Match': `"${seen.version}"` } };
      return { order: await insist(() => body(api.POST('/orders', { params, body: wish })), key), userId };
    },
    onSettled: (_, error) => intent.settled(error ?? undefined),
    onSuccess: ({ userId }) => {
      void client.invalidateQueries({ queryKey: ['cart', userId] });
      void client.invalidateQueries({ queryKey: ['orders', 'list'] });
      void client.invalidateQueries({ queryKey: ['products'] });
    },
    onError: (error) => {
      const newer = newerCart(error);
      if (newer) showCart(person?.userId, newer);
    },
  });
}
