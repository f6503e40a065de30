import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';

import { Art } from '../art/Art';
import type { Order } from '../data/orders';
import { nameOf } from './names';
import styles from './order.module.css';

/** What was ordered, at the prices of that moment, and the sums. */
export function Lines({ order }: { order: Order }) {
  const { t, i18n } = useTranslation('shop');
  const { money } = useFormats();
  const back = order.refunded ?? 0;
  return (
    <>
      <ul className={styles.lines}>
        {order.items.map((item) => (
          <li key={item.product_id}>
            <span className={styles.thumb} aria-hidden><Art id={item.product_id} name={item.name} names={item.names} /></span>
            <span className={styles.what}>
              <Link to={`/shop/products/${item.product_id}`}>{nameOf(item, i18n.language)}</Link>
              <span className="dim numbers">{money(item.price, order.currency)} × {item.quantity}</span>
            </span>
            <span className="numbers">{money(item.price * item.quantity, order.currency)}</span>
          </li>
        ))}
      </ul>
      <dl className={styles.sums}>
        <div><dt>{t('cart.total')}</dt><dd className="numbers">{money(order.total, order.currency)}</dd></div>
        {back > 0 ? <div><dt>{t('order.refunded')}</dt><dd className="numbers">−{money(back, order.currency)}</dd></div> : null}
      </dl>
    </>
  );
}
