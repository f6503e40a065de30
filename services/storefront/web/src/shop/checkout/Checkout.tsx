import { ShoppingBasket } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWho } from '@/api/session';
import { LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Failed, Skeleton } from '@/ui/states';

import { useCart } from '../cart';
import { useMe } from '../data/me';
import { useTitle } from '../useTitle';
import { CheckoutForm } from './CheckoutForm';

/** The checkout, once the cart and its owner are known. */
export function Component() {
  const { t } = useTranslation('shop');
  const who = useWho();
  const cart = useCart();
  const me = useMe();
  useTitle(t('checkout.title'));
  if (!who.isKnown) return <><h1 className="visually-hidden">{t('checkout.title')}</h1><Unknown error={who.error}><Skeleton height="480px" /></Unknown></>;
  if (who.person === null || (cart.isSuccess && cart.data.items.length === 0)) {
    return (
      <>
        <h1 className="visually-hidden">{t('checkout.title')}</h1>
        <Empty icon={<ShoppingBasket aria-hidden />} title={t('cart.empty')}><LinkButton href="/">{t('to_shop')}</LinkButton></Empty>
      </>
    );
  }
  const error = cart.error ?? me.error;
  if (cart.data && me.data) return <CheckoutForm cart={cart.data} me={me.data} />;
  if (error) return <Failed error={error} again={() => void Promise.all([cart.refetch(), me.refetch()])} />;
  return <Skeleton height="480px" />;
}
