import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { Cart } from '../cart';
import styles from './cart.module.css';

export function Total({ cart, count }: { cart: Cart; count: number }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  return (
    <dl className={styles.total}>
      <div><dt>{t('cart.goods', { count })}</dt><dd className="numbers">{money(cart.total ?? 0, cart.currency ?? 'JPY')}</dd></div>
      <div><dt>{t('cart.delivery')}</dt><dd>{t('cart.free')}</dd></div>
      <div><dt>{t('cart.total')}</dt><dd className="numbers" aria-live="polite">{money(cart.total ?? 0, cart.currency ?? 'JPY')}</dd></div>
    </dl>
  );
}
