import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ShoppingCart } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { Empty, Failed } from '@/ui/states';

import { given, momentOf, oneOf, useAddress } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { short } from '../parts/ids';
import { PageHead } from '../parts/PageHead';
import { Pager } from '../parts/Pager';
import parts from '../parts/parts.module.css';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { useProductChoices } from '../products/choices';

/** What lies in carts and was not ordered. */
export function Component() {
  const { t } = useTranslation('admin');
  const { money, ago, time, count } = useFormats();
  const address = useAddress();
  const names = new Map(useProductChoices().map(({ id, text }) => [id, text]));
  const sort = oneOf(['newest', 'oldest', 'value', '-value'] as const, address.get('sort')) ?? 'newest';
  const query = given({ sort, limit: 50, cursor: address.cursor, updated_after: momentOf(address.get('from')), updated_before: momentOf(address.get('until'), true) });
  const carts = useQuery({ queryKey: ['admin-carts', query], queryFn: () => body(api.GET('/carts', { params: { query } })), placeholderData: keepPreviousData, refetchInterval: 20_000 });
  const { rows, damaged } = whole(carts.data?.items);
  return (
    <>
      <PageHead title={t('nav.carts')}>{t('carts.text')}</PageHead>
      <div className={parts.filters}>
        <TextField label={t('carts.from')} type="date" value={address.get('from') ?? ''} onChange={(from) => address.set({ from })} />
        <TextField label={t('until')} type="date" value={address.get('until') ?? ''} onChange={(until) => address.set({ until })} />
        {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
      </div>
      <DamagedRows ids={damaged} />
      {carts.isError && !rows ? <Failed error={carts.error} again={() => void carts.refetch()} /> : (
        <Table label={t('nav.carts')} rows={rows} keyOf={({ cart_id }) => cart_id} stale={carts.isPlaceholderData} sorting={{ by: sort, to: (sort) => address.set({ sort }) }}
          empty={<Empty icon={<ShoppingCart aria-hidden />} title={t(address.filters > 0 ? 'carts.none_found' : 'carts.none')}>{address.filters > 0 ? <Button onPress={address.clear}>{t('clear')}</Button> : <p>{t('carts.none_text')}</p>}</Empty>}
          columns={[
            { id: 'customer', head: t('orders.customer'), header: true, cell: ({ user_id }) => <Link className={parts.id} to={`/admin/customers/${user_id}`} title={user_id}>{short(user_id)}</Link> },
            { id: 'changed', head: t('carts.changed'), sorts: ['newest', 'oldest'], cell: ({ updated_at }) => <time dateTime={updated_at} title={time(updated_at)}>{ago(updated_at)}</time> },
            { id: 'items', head: t('orders.items'), roomy: true, cell: ({ items }) => items.slice(0, 3).map(({ product_id, quantity }) => `${names.get(product_id) ?? product_id} × ${quantity}`).join(', ') + (items.length > 3 ? ' …' : '') },
            { id: 'pieces', head: t('orders.pieces'), end: true, cell: ({ pieces }) => count(pieces) },
            { id: 'value', head: t('carts.value'), end: true, sorts: ['-value', 'value'], cell: ({ total, currency }) => (total === undefined || !currency ? '–' : money(total, currency)) },
          ]} />
      )}
      <Pager address={address} shown={rows?.length} next={carts.data?.next_cursor} />
    </>
  );
}
