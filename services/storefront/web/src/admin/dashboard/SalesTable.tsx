import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { Sales, Span } from '../logic/sales';
import { Table } from '../parts/Table';
import styles from './dashboard.module.css';

/** The numbers of the chart, for who can't see it, or wants them exactly. */
export function SalesTable({ sales, span }: { sales: Sales; span: Span }) {
  const { t } = useTranslation('admin');
  const { money, count, time, day } = useFormats();
  const rows = sales.bars.filter(({ payments }) => payments > 0).reverse();
  return (
    <details className={styles.details}>
      <summary>{t('dashboard.as_table')}</summary>
      <Table inline label={t('dashboard.sales')} rows={rows} keyOf={({ at }) => at.toISOString()} empty={<p className="dim">{t('dashboard.no_sales')}</p>} columns={[
        { id: 'at', head: t(span === 'hour' ? 'dashboard.hour' : 'dashboard.day'), header: true, cell: ({ at }) => (span === 'hour' ? time(at) : day(at)) },
        { id: 'payments', head: t('dashboard.payments'), end: true, cell: ({ payments }) => count(payments) },
        { id: 'taken', head: t('dashboard.taken'), end: true, cell: ({ taken }) => money(taken, sales.currency) },
        { id: 'back', head: t('dashboard.back'), end: true, cell: ({ back }) => money(back, sales.currency) },
      ]} />
    </details>
  );
}
