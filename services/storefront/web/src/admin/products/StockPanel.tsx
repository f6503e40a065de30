import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import parts from '../parts/parts.module.css';
import { AddStock } from './AddStock';
import { stockQuery } from './products';
import { StockCount } from './StockCount';

/** How many pieces there are, and adds some. */
export function StockPanel({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const { count } = useFormats();
  const { data, isError, error, refetch, isPending } = useQuery({ ...stockQuery(id), refetchInterval: 15_000 });
  return (
    <Panel title={t('nav.stock')}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : isPending ? <Skeleton height="72px" /> : (
        <dl className={`${parts.facts ?? ''} numbers`}>
          <dt>{t('stock.available')}</dt><dd><StockCount count={data?.available ?? 0} /></dd>
          <dt>{t('stock.reserved')}</dt><dd>{count(data?.reserved ?? 0)}</dd>
          <dt>{t('stock.deducted')}</dt><dd>{count(data?.deducted ?? 0)}</dd>
        </dl>
      )}
      <AddStock id={id} />
    </Panel>
  );
}
