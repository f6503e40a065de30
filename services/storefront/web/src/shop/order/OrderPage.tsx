import { ChevronLeft, FileQuestion } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'react-router';

import { useWho } from '@/api/session';
import { LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Failed, Skeleton } from '@/ui/states';

import { keyIn } from '../data/links';
import { useHistory, useOrder } from '../data/orders';
import { isGone } from '../data/products';
import { useTitle } from '../useTitle';
import { OrderView } from './OrderView';
import styles from './order.module.css';

/** An order as it moves; for its owner, or for whoever followed the link in its mails. */
export function Component() {
  const { t } = useTranslation('shop');
  const { id = '' } = useParams();
  const location = useLocation();
  const key = keyIn(location.hash);
  const { person, isKnown, error } = useWho();
  const order = useOrder(id, key);
  const history = useHistory(order.data);
  useTitle(t('order.title'));
  const placed = (location.state as { placed?: boolean } | null)?.placed === true;
  const gone = isGone(order.error) || (key === null && isKnown && person === null);
  return (
    <>
      {key === null ? <Link className={styles.back} to="/shop/orders"><ChevronLeft aria-hidden />{t('orders.title')}</Link> : null}
      {order.data ? <OrderView order={order.data} history={history.data ?? []} placed={placed} byLink={order.data.user_id === undefined} offline={order.isError} /> : null}
      {!order.data && gone ? (
        <Empty isPage icon={<FileQuestion aria-hidden />} title={t('order.none')}>
          <p>{key === null ? t('order.none_text') : t('order.wrong_key')}</p>
          {key === null && (person === null || person.kind === 'guest') ? <LinkButton look="primary" href={`/shop/sign-in?next=${encodeURIComponent(`/shop/orders/${id}`)}`}>{t('orders.sign_in')}</LinkButton> : null}
          <LinkButton href="/">{t('to_shop')}</LinkButton>
        </Empty>
      ) : null}
      {!order.data && !gone && order.isPending ? (
        <Unknown error={key === null && !isKnown ? error : null}>
          <div className={styles.columns}><div className={styles.parts}><Skeleton height="112px" /><Skeleton height="380px" /></div><Skeleton height="260px" /></div>
        </Unknown>
      ) : null}
      {!order.data && !gone && order.isError ? <Failed error={order.error} again={() => void order.refetch()} /> : null}
    </>
  );
}
