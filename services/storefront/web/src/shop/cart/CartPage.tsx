import { ArrowRight, ShoppingBasket } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { useWho } from '@/api/session';
import { LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Failed, Notice, Skeleton } from '@/ui/states';

import { newerCart, pieces, useCart, useSetQuantity } from '../cart';
import { bringCart } from '../data/guests';
import { useProducts } from '../data/products';
import { useShopProblem } from '../useShopProblem';
import { useTitle } from '../useTitle';
import styles from './cart.module.css';
import { CartLine } from './CartLine';
import { Total } from './Total';

function EmptyCart() {
  const { t } = useTranslation('shop');
  return (
    <Empty icon={<ShoppingBasket aria-hidden />} title={t('cart.empty')}>
      <p>{t('cart.empty_text')}</p>
      <LinkButton look="primary" href="/">{t('to_shop')}</LinkButton>
    </Empty>
  );
}

/** What is in the cart, to change and to go on with. */
export function Component() {
  const { t } = useTranslation('shop');
  const { person, isKnown, error } = useWho();
  const cart = useCart();
  const problem = useShopProblem();
  const setting = useSetQuantity();
  const items = cart.data?.items ?? [];
  const products = useProducts(items.map((item) => item.product_id));
  useTitle(t('cart.title'));
  const { refetch } = cart;
  // A guest's cart that could not come along at the sign-in is fetched now.
  useEffect(() => {
    void bringCart(null).then((brought) => (brought ? refetch() : undefined)).catch(() => undefined);
  }, [refetch]);
  const empty = (isKnown && person === null) || (cart.isSuccess && items.length === 0);
  return (
    <>
      <h1 className={styles.title}>{t('cart.title')}</h1>
      {setting.error ? <Notice tone="warn" alert>{newerCart(setting.error) ? t('cart.changed') : problem(setting.error)}</Notice> : null}
      {empty ? <EmptyCart /> : null}
      {isKnown ? null : <Unknown error={error}><Skeleton height="260px" /></Unknown>}
      {person !== null && cart.isPending ? <Skeleton height="260px" /> : null}
      {cart.isError && !cart.data ? <Failed error={cart.error} again={() => void cart.refetch()} /> : null}
      {cart.data && items.length > 0 ? (
        <div className={styles.columns}>
          <ul className={styles.lines}>
            {items.map((item) => (
              <CartLine
                key={item.product_id}
                item={item}
                currency={cart.data.currency ?? 'JPY'}
                product={products.of(item.product_id)}
                gone={products.isGone(item.product_id)}
                onQuantity={(quantity) => setting.mutateAsync({ productId: item.product_id, quantity })}
              />
            ))}
          </ul>
          <aside className={styles.summary}>
            <Total cart={cart.data} count={pieces(cart.data)} />
            <LinkButton look="primary" size="large" href="/shop/checkout">{t('cart.checkout')}<ArrowRight aria-hidden /></LinkButton>
            <LinkButton look="quiet" href="/">{t('cart.go_on')}</LinkButton>
          </aside>
        </div>
      ) : null}
    </>
  );
}
