import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import { Table } from '../parts/Table';
import styles from './products.module.css';
import { pricesQuery } from './products';

const PriceChart = lazy(async () => ({ default: (await import('../charts/PriceChart')).PriceChart }));

/** What the product has cost, as a line where it changed, and as a table. */
export function PricesPanel({ id, version }: { id: string; version: number }) {
  const { t } = useTranslation('admin');
  const { money, time } = useFormats();
  const query = pricesQuery(id);
  const { data, isError, error, refetch, dataUpdatedAt } = useQuery({ ...query, queryKey: [...query.queryKey, version], placeholderData: (before) => before });
  const prices = data?.items ?? [];
  return (
    <Panel flush title={t('prices.title')}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : (
        <>
          {prices.length > 1 ? <div className={styles.chart}><Suspense fallback={<Skeleton height="180px" />}><PriceChart prices={prices} until={dataUpdatedAt} /></Suspense></div> : null}
          <Table inline label={t('prices.title')} rows={data ? prices : undefined} keyOf={({ version }) => String(version)} columns={[
            { id: 'since', head: t('prices.since'), header: true, cell: ({ since }) => <time dateTime={since}>{time(since)}</time> },
            { id: 'source', head: t('prices.by'), cell: ({ source }) => t(`prices.source.${source}`) },
            { id: 'price', head: t('products.price'), end: true, cell: ({ price, currency }) => money(price, currency) },
          ]} />
        </>
      )}
    </Panel>
  );
}
