import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';

import { short } from '../parts/ids';
import { StageMark } from '../parts/marks';
import parts from '../parts/parts.module.css';
import type { Column } from '../parts/Table';
import { type Order, piecesOf } from './orders';

/** Columns of a list of orders; `few` where there is little room. */
export function useOrderColumns(few = false): Column<Order>[] {
  const { t } = useTranslation('admin');
  const { money, ago, time, count } = useFormats();
  return useMemo(() => {
    const columns: Column<Order>[] = [
      { id: 'id', head: t('orders.id'), header: true, cell: (order) => <Link className={parts.id} to={`/admin/orders/${order.order_id}`} title={order.order_id}>{short(order.order_id)}</Link> },
      { id: 'placed', head: t('orders.placed'), sorts: ['newest', 'oldest'], cell: (order) => <time dateTime={order.placed_at} title={time(order.placed_at)}>{ago(order.placed_at)}</time> },
      { id: 'state', head: t('orders.state'), cell: (order) => <StageMark stage={order.status} /> },
      {
        id: 'items', head: t('orders.items'), roomy: true, cell: (order) => {
          const [first] = order.items;
          return <>{first?.name}{order.items.length > 1 ? <span className="dim"> {t('orders.more', { count: order.items.length - 1 })}</span> : null}</>;
        },
      },
      { id: 'pieces', head: t('orders.pieces'), end: true, roomy: true, cell: (order) => count(piecesOf(order)) },
      { id: 'customer', head: t('orders.customer'), roomy: true, cell: (order) => order.user_id ? <Link className={parts.id} to={`/admin/customers/${order.user_id}`} title={order.user_id}>{short(order.user_id)}</Link> : null },
      { id: 'total', head: t('orders.total'), end: true, cell: (order) => money(order.total, order.currency) },
      { id: 'refunded', head: t('orders.refunded'), end: true, roomy: true, cell: (order) => order.refunded ? money(order.refunded, order.currency) : <span className="dim">–</span> },
    ];
    return few ? columns.filter(({ id }) => ['id', 'placed', 'state', 'items', 'total'].includes(id)) : columns;
  }, [t, money, ago, time, count, few]);
}
