import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Empty, Failed } from '@/ui/states';

import { type Address, given, momentOf, oneOf } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { short } from '../parts/ids';
import { Pager } from '../parts/Pager';
import parts from '../parts/parts.module.css';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { ORDERS } from '../orders/orders';
import type { Summary } from './customers';

const SORTS = ['newest', 'oldest', 'spent', '-spent', 'orders', '-orders'] as const;

/** Who has ordered, guests too, with sums of all orders or of those of a time. */
export function BuyerList({ address }: { address: Address }) {
  const { t } = useTranslation('admin');
  const { money, count, ago, time } = useFormats();
  const sort = oneOf(SORTS, address.get('sort')) ?? '-spent';
  const query = given({ sort, limit: 50, cursor: address.cursor, placed_after: momentOf(address.get('from')), placed_before: momentOf(address.get('until'), true) });
  const sums = useQuery({ queryKey: [ORDERS, 'summaries', query], queryFn: () => body(api.GET('/customers/summaries', { params: { query } })), placeholderData: keepPreviousData });
  const { rows, damaged } = whole(sums.data?.items);
  const sum = ({ totals }: Summary, of: (total: Summary['totals'][number]) => number) => totals.map((total) => money(of(total), total.currency)).join(' + ') || '–';
  return (
    <>
      <div className={parts.filters}>
        <TextField label={t('customers.ordered_from')} type="date" value={address.get('from') ?? ''} onChange={(from) => address.set({ from })} />
        <TextField label={t('until')} type="date" value={address.get('until') ?? ''} onChange={(until) => address.set({ until })} />
        {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
      </div>
      <DamagedRows ids={damaged} />
      {sums.isError && !rows ? <Failed error={sums.error} again={() => void sums.refetch()} /> : (
        <Table label={t('customers.buyers')} rows={rows} keyOf={({ user_id }) => user_id} stale={sums.isPlaceholderData} sorting={{ by: sort, to: (sort) => address.set({ sort }) }}
          empty={<Empty icon={<Users aria-hidden />} title={t('customers.none_bought')}><p>{t('customers.none_text')}</p></Empty>}
          columns={[
            { id: 'id', head: t('orders.customer'), header: true, cell: ({ user_id }) => <Link className={parts.id} to={`/admin/customers/${user_id}`} title={user_id}>{short(user_id)}</Link> },
            { id: 'orders', head: t('customers.orders'), end: true, sorts: ['-orders', 'orders'], cell: ({ orders }) => count(orders) },
            { id: 'paid', head: t('customers.paid'), end: true, roomy: true, cell: (row) => sum(row, ({ paid }) => paid) },
            { id: 'refunded', head: t('customers.refunded'), end: true, roomy: true, cell: (row) => sum(row, ({ refunded }) => refunded) },
            { id: 'spent', head: t('customers.spent'), end: true, sorts: ['-spent', 'spent'], cell: (row) => sum(row, ({ paid, refunded }) => paid - refunded) },
            { id: 'last', head: t('customers.last'), end: true, sorts: ['newest', 'oldest'], cell: ({ last_order_at }) => <time dateTime={last_order_at} title={time(last_order_at)}>{ago(last_order_at)}</time> },
          ]} />
      )}
      <Pager address={address} shown={rows?.length} next={sums.data?.next_cursor} />
    </>
  );
}
