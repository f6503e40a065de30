import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';

import { fromMinor, toMinor } from '../logic/amounts';
import { piecesLeft } from '../logic/refund';
import { Panel } from '../parts/Panel';
import { Table } from '../parts/Table';
import styles from './order.module.css';
import type { Order } from './orders';

/** What was ordered, at the prices of that moment. */
export function LinesPanel({ order }: { order: Order }) {
  const { t } = useTranslation('admin');
  const { money, count } = useFormats();
  const left = piecesLeft(order);
  return (
    <Panel flush title={t('orders.lines')}>
      <Table inline label={t('orders.lines')} rows={order.items} keyOf={({ product_id }) => product_id} columns={[
        { id: 'name', head: t('orders.product'), header: true, cell: ({ name, product_id }) => <Link to={`/admin/products/${product_id}`}>{name}</Link> },
        { id: 'price', head: t('orders.price'), end: true, cell: ({ price }) => money(price, order.currency) },
        {
          id: 'quantity', head: t('orders.pieces'), end: true, cell: ({ quantity, product_id }) => {
            const back = quantity - (left.get(product_id) ?? quantity);
            return <>{count(quantity)}{back > 0 ? <span className="dim"> {t('orders.of_which_back', { count: back })}</span> : null}</>;
          },
        },
        { id: 'sum', head: t('orders.sum'), end: true, cell: ({ price, quantity }) => money(fromMinor(toMinor(price, order.currency) * quantity, order.currency), order.currency) },
      ]} />
      <p className={styles.total}><span>{t('orders.total')}</span><strong className="numbers">{money(order.total, order.currency)}</strong></p>
    </Panel>
  );
}
