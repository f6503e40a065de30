import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { api, body } from '@/api/client';
import { Button } from '@/ui/Button';
import { Empty, Failed } from '@/ui/states';

import { given, momentOf, oneOf, useAddress } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { PageHead } from '../parts/PageHead';
import { Pager } from '../parts/Pager';
import { useSelection } from '../parts/selection';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { BulkBar, type BulkKind } from './BulkBar';
import { BulkReader } from './BulkReader';
import { useOrderColumns } from './columns';
import { OrderFilters, STAGES } from './OrderFilters';
import { moved, type Order, ORDERS } from './orders';

const keyOf = (order: Order) => order.order_id;

/** All orders: narrowed by the address, many acted on at once. */
export function Component() {
  const { t } = useTranslation('admin');
  const navigate = useNavigate();
  const address = useAddress();
  const columns = useOrderColumns();
  const [bulk, setBulk] = useState<{ kind: BulkKind; orders: Order[] } | null>(null);
  const sort = oneOf(['newest', 'oldest'], address.get('sort')) ?? 'newest';
  const query = given({
    sort, limit: 50, cursor: address.cursor, status: oneOf(STAGES, address.get('status')), product_id: address.get('product'), user_id: address.get('customer'),
    placed_after: momentOf(address.get('from')), placed_before: momentOf(address.get('until'), true),
  });
  const orders = useQuery({ queryKey: [ORDERS, 'list', query], queryFn: () => body(api.GET('/orders', { params: { query } })), placeholderData: keepPreviousData, refetchInterval: 15_000 });
  const { rows, damaged } = useMemo(() => whole(orders.data?.items), [orders.data]);
  const selection = useSelection(keyOf, rows);
  const close = useCallback(() => {
    setBulk(null);
    selection.clear();
    void moved();
  }, [selection]);
  return (
    <>
      <PageHead title={t('nav.orders')} />
      <OrderFilters address={address} onOrder={(id) => void navigate(`/admin/orders/${encodeURIComponent(id)}`)} />
      <DamagedRows ids={damaged} />
      {orders.isError && !rows ? <Failed error={orders.error} again={() => void orders.refetch()} /> : (
        <Table label={t('nav.orders')} columns={columns} rows={rows} keyOf={keyOf} selection={selection} stale={orders.isPlaceholderData} sorting={{ by: sort, to: (sort) => address.set({ sort }) }}
          empty={address.filters > 0 || address.cursor
            ? <Empty icon={<ReceiptText aria-hidden />} title={t('orders.none_found')}><Button onPress={address.clear}>{t('clear')}</Button></Empty>
            : <Empty icon={<ReceiptText aria-hidden />} title={t('orders.none')}><p>{t('orders.none_text')}</p></Empty>} />
      )}
      {selection.rows.length > 0 ? <BulkBar orders={selection.rows} onClear={selection.clear} onAct={(kind) => setBulk({ kind, orders: selection.rows })} /> : null}
      <Pager address={address} shown={rows?.length} next={orders.data?.next_cursor} />
      {bulk ? <BulkReader kind={bulk.kind} chosen={bulk.orders} shown={rows ?? []} onClose={close} /> : null}
    </>
  );
}
