import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import layout from '../../layout.module.css';
import street from '../street.module.css';
import type { Walked } from './steps';
import styles from './walk.module.css';

/** The orders that moved last, in words: what lanterns show to those who don't see them, or want nothing to move. */
export function OrderList({ orders, isOpen }: { orders: readonly Walked[]; isOpen: boolean }) {
  const { t } = useTranslation('console');
  return (
    <details className={`${layout.panel ?? ''} ${street.more ?? ''}`} open={isOpen}>
      <summary>{t('walk.orders')}</summary>
      {orders.length === 0 ? <p className={styles.none}>{t('walk.none')}</p> : (
        <ul className={styles.orders}>
          {orders.map(({ order, steps }) => (
            <li key={order}>
              <Link to={`/admin/operations/orders/${order}`}>{order}</Link>
              <span className={styles.steps}>{steps.map(({ event_type }) => event_type).join(' → ')}</span>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
