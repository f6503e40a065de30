import { useTranslation } from 'react-i18next';

import type { Order } from '../data/orders';
import styles from './order.module.css';
import { Status } from './Status';

/** How the order stands, in a sentence; told to screen readers as it changes. */
export function Head({ order, placed }: { order: Order; placed: boolean }) {
  const { t } = useTranslation('shop');
  const moving = order.status === 'pending' || order.status === 'confirmed';
  const told = order.status === 'cancelled' && order.reason ? t(`reason.${order.reason}`) : t(`status_text.${order.status}`);
  return (
    <header className={styles.head}>
      <h1>{placed && order.status !== 'cancelled' ? t('order.thanks') : t('order.title')}</h1>
      <p className={styles.told} role="status">
        <Status order={order} />
        <span>{told}</span>
        {moving ? <span className={styles.live} aria-hidden><i /><i /><i /></span> : null}
      </p>
    </header>
  );
}
