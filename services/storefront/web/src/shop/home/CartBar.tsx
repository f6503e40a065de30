import { ArrowRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { LinkButton } from '@/ui/Button';

import { type Cart, pieces, useCart } from '../cart';
import styles from './cartbar.module.css';

/** Stays at hand while the cart has something in it: the second click is the checkout. */
export function CartBar() {
  const { t } = useTranslation(['shop', 'common']);
  const cart = useCart().data;
  const count = pieces(cart);
  return (
    <>
      <p className="visually-hidden" role="status">{count > 0 ? t('nav.cart_count', { count, ns: 'common' }) : ''}</p>
      {cart && count > 0 ? <Bar cart={cart} count={count} /> : null}
    </>
  );
}

function Bar({ cart, count }: { cart: Cart; count: number }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  return (
    <div className={styles.bar} role="region" aria-label={t('cart.title')}>
      <p><span>{t('cart.pieces', { count })}</span> <strong className="numbers">{money(cart.total ?? 0, cart.currency ?? 'JPY')}</strong></p>
      <LinkButton look="quiet" size="small" href="/shop/cart">{t('cart.look')}</LinkButton>
      <LinkButton look="primary" href="/shop/checkout">{t('cart.checkout')}<ArrowRight aria-hidden /></LinkButton>
    </div>
  );
}
