import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';

import { Art } from '../art/Art';
import type { Order } from '../data/orders';
import { nameOf } from './names';
import styles from './order.module.css';
import { Status } from './Status';

/** How many products are pictured beside an order. */
const PICTURED = 3;

export function OrderRow({ order }: { order: Order }) {
  const { t, i18n } = useTranslation('shop');
  const { money, time } = useFormats();
  const names = order.items.map((item) => nameOf(item, i18n.language));
  return (
    <li>
      <Link className={styles.row} to={`/shop/orders/${order.order_id}`}>
        <span className={styles.thumbs} aria-hidden>{order.items.slice(0, PICTURED).map((item) => <span key={item.product_id}><Art id={item.product_id} name={item.name} names={item.names} /></span>)}</span>
        <span className={styles.what}>
          <strong>{names.slice(0, 2).join(t('comma'))}{names.length > 2 ? t('orders.and_more', { count: names.length - 2 }) : ''}</strong>
          <span className="dim">{time(order.placed_at)} · {t('cart.pieces', { count: order.items.reduce((sum, item) => sum + item.quantity, 0) })}</span>
        </span>
        <Status order={order} />
        <span className={`${styles.amount ?? ''} numbers`}>{money(order.total, order.currency)}</span>
        <ChevronRight className={styles.go} aria-hidden />
      </Link>
    </li>
  );
}
