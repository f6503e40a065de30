import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Segmented } from '@/ui/Segmented';
import { Failed, Notice, Skeleton } from '@/ui/states';

import { salesOf, type Span } from '../logic/sales';
import { Panel } from '../parts/Panel';
import styles from './dashboard.module.css';
import { salesQuery } from './reads';
import { SalesTable } from './SalesTable';

const SalesChart = lazy(async () => ({ default: (await import('../charts/SalesChart')).SalesChart }));

/** Money that came in: sums of the payments of the last hours or days. */
export function SalesPanel() {
  const { t } = useTranslation('admin');
  const { money, count, time } = useFormats();
  const [span, setSpan] = useState<Span>('hour');
  const { data, isError, error, refetch, dataUpdatedAt } = useQuery(salesQuery(span));
  const sales = useMemo(() => data && salesOf(data.payments, new Date(dataUpdatedAt), span), [data, dataUpdatedAt, span]);
  return (
    <Panel title={t('dashboard.sales')} aside={
      <Segmented label={t('dashboard.span')} value={span} onChange={setSpan} choices={[{ id: 'hour', text: t('dashboard.hours') }, { id: 'day', text: t('dashboard.days') }]} />
    }>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : (
        <>
          <dl className={styles.sums}>
            <div><dt>{t('dashboard.kept')}</dt><dd className="numbers">{sales ? money(sales.taken - sales.back, sales.currency) : '–'}</dd></div>
            <div><dt>{t('dashboard.taken')}</dt><dd className="numbers">{sales ? money(sales.taken, sales.currency) : '–'}</dd></div>
            <div><dt>{t('dashboard.back')}</dt><dd className="numbers">{sales ? money(sales.back, sales.currency) : '–'}</dd></div>
            <div><dt>{t('dashboard.payments')}</dt><dd className="numbers">{sales ? count(sales.payments) : '–'}</dd></div>
          </dl>
          <div className={styles.chart} aria-hidden>{sales ? <Suspense fallback={<Skeleton height="220px" />}><SalesChart sales={sales} span={span} /></Suspense> : <Skeleton height="220px" />}</div>
          {data?.cutAt ? <Notice tone="warn">{t('dashboard.cut', { count: data.payments.length, since: time(data.cutAt) })}</Notice> : null}
          <p className={styles.note}>{data ? t('dashboard.period', { since: time(data.since) }) : '\u00a0'}</p>
          {sales ? <SalesTable sales={sales} span={span} /> : null}
        </>
      )}
    </Panel>
  );
}
