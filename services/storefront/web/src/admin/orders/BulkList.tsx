import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { fromMinor, toMinor } from '../logic/amounts';
import type { Entry } from '../logic/bulk';
import { preview, type Wish } from '../logic/refund';
import { short } from '../parts/ids';
import { StageMark } from '../parts/marks';
import parts from '../parts/parts.module.css';
import { type Column, Table } from '../parts/Table';
import { BulkOutcome } from './BulkOutcome';
import type { BulkKind } from './BulkBar';
import styles from './bulk.module.css';
import type { Order } from './orders';

/** The orders of a bulk action, with what it does to each one's money, and how it went. */
export function BulkList({ kind, entries, wish, isBegun }: { kind: BulkKind; entries: readonly Entry<Order>[]; wish: Wish; isBegun: boolean }) {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  const columns = useMemo((): Column<Entry<Order>>[] => {
    const see = ({ item }: Entry<Order>) => preview(item, wish);
    const refunds: Column<Entry<Order>>[] = [
      { id: 'before', head: t('refunding.before'), end: true, roomy: true, cell: (entry) => money(see(entry).before + see(entry).pending, entry.item.currency) },
      { id: 'given', head: t('refunding.given'), end: true, cell: (entry) => <strong>{money(see(entry).given, entry.item.currency)}</strong> },
      { id: 'stays', head: t('refunding.stays'), end: true, roomy: true, cell: (entry) => money(see(entry).stays, entry.item.currency) },
    ];
    const outcome: Column<Entry<Order>> = { id: 'outcome', head: t('bulk.outcome'), cell: ({ outcome }) => <BulkOutcome outcome={outcome} /> };
    return [
      { id: 'id', head: t('orders.id'), header: true, cell: ({ item }) => <span className={parts.id} title={item.order_id}>{short(item.order_id)}</span> },
      { id: 'state', head: t('orders.state'), roomy: true, cell: ({ item }) => <StageMark stage={item.status} /> },
      { id: 'total', head: t('orders.total'), end: true, cell: ({ item }) => money(item.total, item.currency) },
      ...(kind === 'refund' ? refunds : []),
      ...(isBegun ? [outcome] : []),
    ];
  }, [t, money, kind, wish, isBegun]);
  const currency = entries[0]?.item.currency;
  const isOne = currency !== undefined && entries.every(({ item }) => item.currency === currency);
  const sum = isOne ? entries.reduce((all, { item }) => all + toMinor(kind === 'refund' ? preview(item, wish).given : item.total, currency), 0) : 0;
  return (
    <>
      <div className={styles.list}><Table inline label={t('bulk.list')} columns={columns} rows={entries} keyOf={({ id }) => id} /></div>
      {isOne && kind !== 'ship' ? (
        <p className={styles.sum}><span>{t(kind === 'refund' ? 'bulk.sum_given' : 'bulk.sum_total')}</span><strong className="numbers">{money(fromMinor(sum, currency), currency)}</strong></p>
      ) : null}
    </>
  );
}
