import { useQuery } from '@tanstack/react-query';
import { UserX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useParams } from 'react-router';

import { api, body } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Failed, Skeleton } from '@/ui/states';

import { useOrderColumns } from '../orders/columns';
import { ORDERS } from '../orders/orders';
import { PageHead } from '../parts/PageHead';
import { Panel } from '../parts/Panel';
import parts from '../parts/parts.module.css';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { summaryQuery } from './customers';
import styles from './customers.module.css';
import { EraseDialog } from './EraseDialog';

/** One customer: how much they have bought, and what. */
export function Component() {
  const { t } = useTranslation('admin');
  const { money, count, day } = useFormats();
  const { id = '' } = useParams();
  // The list knows the address; the API tells it there alone.
  const email = (useLocation().state as { email?: string } | null)?.email;
  const [erasing, setErasing] = useState(false);
  const columns = useOrderColumns().filter(({ id }) => id !== 'customer');
  const summary = useQuery(summaryQuery(id));
  const orders = useQuery({ queryKey: [ORDERS, 'of', id], queryFn: () => body(api.GET('/orders', { params: { query: { user_id: id, limit: 20 } } })) });
  const sums = summary.data;
  // Who has an account and has not ordered yet has no sums.
  const isNew = summary.error instanceof ProblemError && summary.error.status === 404;
  return (
    <>
      <PageHead title={email ?? t('customers.one')} back={{ to: '/admin/customers', text: t('nav.customers') }}
        actions={<Button size="small" look="danger" onPress={() => setErasing(true)}><UserX aria-hidden />{t('erasing.begin')}</Button>}>
        <span className={parts.id}>{id}</span>
      </PageHead>
      <Panel title={t('customers.summary')}>
        {isNew ? <p className="dim">{t('customers.not_ordered')}</p> : summary.isError && !sums ? <Failed error={summary.error} again={() => void summary.refetch()} /> : !sums ? <Skeleton height="52px" /> : (
          <dl className={`${styles.sums ?? ''} numbers`}>
            <div><dt>{t('customers.orders')}</dt><dd>{count(sums.orders)}</dd></div>
            {sums.totals.map(({ currency, paid, refunded }) => [
              <div key={`${currency} spent`}><dt>{t('customers.spent')}</dt><dd>{money(paid - refunded, currency)}</dd></div>,
              <div key={`${currency} back`}><dt>{t('customers.refunded')}</dt><dd>{money(refunded, currency)}</dd></div>,
            ])}
            <div><dt>{t('customers.since')}</dt><dd>{day(sums.first_order_at)}</dd></div>
            <div><dt>{t('customers.last')}</dt><dd>{day(sums.last_order_at)}</dd></div>
          </dl>
        )}
      </Panel>
      <Panel flush title={t('nav.orders')} aside={<Link to={`/admin/orders?customer=${id}`}>{t('dashboard.all')}</Link>}>
        {orders.isError && !orders.data ? <Failed error={orders.error} again={() => void orders.refetch()} /> : (
          <Table inline label={t('nav.orders')} columns={columns} rows={whole(orders.data?.items).rows} keyOf={({ order_id }) => order_id} empty={<p className={`${parts.inside ?? ''} dim`}>{t('customers.not_ordered')}</p>} />
        )}
      </Panel>
      {erasing ? <EraseDialog id={id} email={email} onClose={() => setErasing(false)} /> : null}
    </>
  );
}
