import { ReceiptText } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useWho } from '@/api/session';
import { Button, LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Failed, Notice, Skeleton } from '@/ui/states';

import { useFormerOrders, useOrders } from '../data/orders';
import { useTitle } from '../useTitle';
import styles from './order.module.css';
import { OrderRow } from './OrderRow';

/** One's orders, the newest first. */
export function Component() {
  const { t } = useTranslation('shop');
  const { person, isKnown, error } = useWho();
  const orders = useOrders();
  const former = useFormerOrders();
  useTitle(t('orders.title'));
  const own = orders.data?.pages.flatMap((page) => page.items) ?? [];
  const earlier = (former.data ?? []).filter((order) => !own.some((other) => other.order_id === order.order_id));
  const all = [...own, ...earlier];
  const none = all.length === 0 && ((isKnown && person === null) || orders.isSuccess) && !former.isLoading;
  const waiting = <div className={styles.list}>{[0, 1, 2].map((n) => <Skeleton key={n} height="92px" />)}</div>;
  return (
    <>
      <h1 className={styles.title}>{t('orders.title')}</h1>
      {person?.kind === 'administrator' ? <Notice>{t('orders.everybodys')}</Notice> : null}
      {person?.kind === 'guest' && all.length > 0 ? <Notice>{t('orders.guest')} <a href="/shop/sign-in?new=1">{t('orders.register')}</a></Notice> : null}
      {none ? (
        <Empty icon={<ReceiptText aria-hidden />} title={t('orders.none')}>
          <p>{t('orders.none_text')}</p>
          <LinkButton look="primary" href="/">{t('to_shop')}</LinkButton>
          {person === null ? <LinkButton look="quiet" href="/shop/sign-in?next=/shop/orders">{t('orders.sign_in')}</LinkButton> : null}
        </Empty>
      ) : null}
      {isKnown ? null : <Unknown error={error}>{waiting}</Unknown>}
      {person !== null && orders.isPending ? waiting : null}
      {orders.isError && all.length === 0 ? <Failed error={orders.error} again={() => void orders.refetch()} /> : null}
      {all.length > 0 ? <ul className={styles.list}>{all.map((order) => <OrderRow key={order.order_id} order={order} />)}</ul> : null}
      {orders.hasNextPage ? <div className={styles.more}><Button onPress={() => void orders.fetchNextPage()} isPending={orders.isFetchingNextPage}>{t('more')}</Button></div> : null}
    </>
  );
}
