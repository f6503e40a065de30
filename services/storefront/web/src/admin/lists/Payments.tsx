import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CreditCard } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';
import { Empty, Failed } from '@/ui/states';

import { PAYMENTS } from '../orders/orders';
import { given, momentOf, oneOf, useAddress } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { short } from '../parts/ids';
import { PaymentMark } from '../parts/marks';
import { PageHead } from '../parts/PageHead';
import { Pager } from '../parts/Pager';
import parts from '../parts/parts.module.css';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';

const STATUSES = ['authorized', 'capture_started', 'captured', 'declined', 'capture_declined', 'void_started', 'voided', 'refund_started', 'refunded'] as const;
const ANY = 'any';

/** All payments: what was held, taken and given back. */
export function Component() {
  const { t } = useTranslation('admin');
  const { money, ago, time } = useFormats();
  const address = useAddress();
  const sort = oneOf(['newest', 'oldest', 'amount', '-amount'] as const, address.get('sort')) ?? 'newest';
  const query = given({ sort, limit: 50, cursor: address.cursor, status: oneOf(STATUSES, address.get('status')), started_after: momentOf(address.get('from')), started_before: momentOf(address.get('until'), true) });
  const payments = useQuery({ queryKey: [PAYMENTS, 'list', query], queryFn: () => body(api.GET('/payments', { params: { query } })), placeholderData: keepPreviousData, refetchInterval: 15_000 });
  const { rows, damaged } = whole(payments.data?.items);
  return (
    <>
      <PageHead title={t('nav.payments')} />
      <div className={parts.filters}>
        <Select label={t('orders.state')} value={address.get('status') ?? ANY} onChange={(status) => address.set({ status: status === ANY ? undefined : status })}
          choices={[{ id: ANY, text: t('any') }, ...STATUSES.map((id) => ({ id, text: t(`payment.${id}`) }))]} />
        <TextField label={t('from')} type="date" value={address.get('from') ?? ''} onChange={(from) => address.set({ from })} />
        <TextField label={t('until')} type="date" value={address.get('until') ?? ''} onChange={(until) => address.set({ until })} />
        {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
      </div>
      <DamagedRows ids={damaged} />
      {payments.isError && !rows ? <Failed error={payments.error} again={() => void payments.refetch()} /> : (
        <Table label={t('nav.payments')} rows={rows} keyOf={({ payment_id }) => payment_id} stale={payments.isPlaceholderData} sorting={{ by: sort, to: (sort) => address.set({ sort }) }}
          empty={<Empty icon={<CreditCard aria-hidden />} title={t(address.filters > 0 ? 'payments.none_found' : 'payments.none')}>{address.filters > 0 ? <Button onPress={address.clear}>{t('clear')}</Button> : <p>{t('payments.none_text')}</p>}</Empty>}
          columns={[
            { id: 'order', head: t('payments.order'), header: true, cell: ({ order_id }) => <Link className={parts.id} to={`/admin/orders/${order_id}`} title={order_id}>{short(order_id)}</Link> },
            { id: 'started', head: t('payments.started'), sorts: ['newest', 'oldest'], cell: ({ started_at }) => <time dateTime={started_at} title={time(started_at)}>{ago(started_at)}</time> },
            { id: 'status', head: t('orders.state'), cell: ({ status }) => <PaymentMark status={status} /> },
            { id: 'reason', head: t('payments.reason'), roomy: true, cell: ({ reason }) => reason ?? <span className="dim">–</span> },
            { id: 'amount', head: t('payments.amount'), end: true, sorts: ['-amount', 'amount'], cell: ({ amount, currency }) => (amount === undefined || !currency ? '–' : money(amount, currency)) },
            { id: 'captured', head: t('payments.captured'), end: true, roomy: true, cell: ({ captured, currency }) => (currency ? money(captured, currency) : '–') },
            { id: 'refunded', head: t('payments.refunded'), end: true, roomy: true, cell: ({ refunded, currency }) => (currency && refunded > 0 ? money(refunded, currency) : <span className="dim">–</span>) },
          ]} />
      )}
      <Pager address={address} shown={rows?.length} next={payments.data?.next_cursor} />
    </>
  );
}
