import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { summaryQuery } from '../customers/customers';
import { Panel } from '../parts/Panel';
import parts from '../parts/parts.module.css';

/** Who ordered, and how much before. */
export function CustomerPanel({ userId }: { userId: string }) {
  const { t } = useTranslation('admin');
  const { money, day, count } = useFormats();
  const { data, isError, error, refetch } = useQuery(summaryQuery(userId));
  return (
    <Panel title={t('orders.customer')} aside={<Link to={`/admin/customers/${userId}`}>{t('customers.open')}</Link>}>
      <p className={parts.id}>{userId}</p>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Skeleton height="72px" /> : (
        <dl className={`${parts.facts ?? ''} numbers`}>
          <dt>{t('customers.orders')}</dt><dd>{count(data.orders)}</dd>
          {data.totals.map(({ currency, paid, refunded }) => <div key={currency} className={parts.pairs}><dt>{t('customers.spent')}</dt><dd>{money(paid - refunded, currency)}</dd></div>)}
          <dt>{t('customers.since')}</dt><dd>{day(data.first_order_at)}</dd>
        </dl>
      )}
      <Link to={`/admin/orders?customer=${userId}`}>{t('customers.all_orders')}</Link>
    </Panel>
  );
}
