import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api } from '@/api/client';
import { insist } from '@/api/insist';
import { ProblemError } from '@/api/problem';
import { signIn, usePerson } from '@/api/session';
import { say } from '@/ui/toasts';

import { showCart } from '../cart';
import { bringCart } from '../data/guests';

export interface Credentials {
  email: string;
  password: string;
  name: string;
  registers: boolean;
}

/** The address has an account already, with another password: registering tells nobody, but the sign-in after it does. */
export class Taken extends Error {
  override readonly name = 'Taken';
}

/** Registers, where that is wished, signs in, and brings the guest's cart along. */
export function useEnter(then: () => void) {
  const { t, i18n } = useTranslation('shop');
  const client = useQueryClient();
  const before = usePerson();
  return useMutation({
    mutationFn: async ({ email, password, name, registers }: Credentials) => {
      if (registers) {
        const wish = { email, password, language: i18n.language as 'ja' | 'en', ...(name && { name }) };
        // As a guest one keeps one's cart and orders; an account that is signed in registers nobody else.
        const register = () => insist(() => api.POST('/auth/register', { body: wish }));
        await register().catch((error: unknown) => {
          // The guest's time was over: registered as nobody, then, and no word of a wrong password.
          if (!(error instanceof ProblemError && error.status === 401)) throw error;
          return register();
        });
      }
      const { person, guestToken } = await signIn(email, password).catch((error: unknown) => {
        throw registers && error instanceof ProblemError && error.status === 401 ? new Taken('this address has an account', { cause: error }) : error;
      });
      // Who registered as this guest has its cart: it is the same account.
      const brought = guestToken !== null && person.userId !== before?.userId;
      // Signed in all the same: the cart is asked for again from the cart's page.
      if (brought) {
        // Shown from the answer: a read of the cart that began before may end after it.
        const cart = await bringCart(guestToken).catch(() => say(t('sign_in.cart_later')));
        if (cart) showCart(person.userId, cart);
      }
      return person;
    },
    onSuccess: () => {
      void client.invalidateQueries();
      then();
    },
  });
}
