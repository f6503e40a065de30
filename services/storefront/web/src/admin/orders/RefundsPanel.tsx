import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { RefundMark } from '../parts/marks';
import { Panel } from '../parts/Panel';
import styles from './order.module.css';
import type { Order } from './orders';

/** What the shop has given back of an order, newest last. Nothing where it was nothing. */
export function RefundsPanel({ order }: { order: Order }) {
  const { t } = useTranslation('admin');
  const { money, time } = useFormats();
  const names = new Map(order.items.map(({ product_id, name }) => [product_id, name]));
  if (!order.refunds?.length) return null;
  return (
    <Panel title={t('refunding.list')} aside={order.refunded ? t('refunding.back', { amount: money(order.refunded, order.currency) }) : null}>
      <ul className={styles.refunds}>
        {order.refunds.map((refund) => (
          <li key={refund.refund_id}>
            <span>
              {refund.reason}<br />
              <span className="dim">
                {time(refund.requested_at)}
                {(refund.lines ?? []).map(({ product_id, quantity, restock }) => ` · ${names.get(product_id) ?? product_id} × ${quantity}${restock ? ` (${t('refunding.restocked')})` : ''}`).join('')}
              </span>
            </span>
            <span><strong className="numbers">{money(refund.amount, order.currency)}</strong> <RefundMark status={refund.status} /></span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
