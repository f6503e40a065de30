import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Boxes, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, body, type Schemas } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select } from '@/ui/Field';
import { NumberField } from '@/ui/NumberField';
import { Badge, Empty, Failed } from '@/ui/states';

import { given, oneOf, useAddress } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { PageHead } from '../parts/PageHead';
import { Pager } from '../parts/Pager';
import parts from '../parts/parts.module.css';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { AddStock } from '../products/AddStock';
import { STOCK } from '../products/products';
import { StockCount } from '../products/StockCount';

const ANY = 'any';

/** Stock of all products, those too that were taken off sale. */
export function Component() {
  const { t } = useTranslation('admin');
  const { count } = useFormats();
  const address = useAddress();
  // What was pressed is not left before its outcome is known.
  const [busy, setBusy] = useState(false);
  const [adding, setAdding] = useState<Schemas['ProductStock'] | null>(null);
  const sort = oneOf(['product_id', 'available', '-available'] as const, address.get('sort')) ?? 'available';
  const below = Number(address.get('below'));
  const query = given({
    sort, limit: 50, cursor: address.cursor, available_below: Number.isSafeInteger(below) && below > 0 ? below : undefined,
    in_stock: address.get('stock') === undefined ? undefined : address.get('stock') === 'yes',
  });
  const stock = useQuery({ queryKey: [STOCK, 'list', query], queryFn: () => body(api.GET('/inventory', { params: { query } })), placeholderData: keepPreviousData, refetchInterval: 15_000 });
  const { rows, damaged } = whole(stock.data?.items);
  return (
    <>
      <PageHead title={t('nav.stock')} />
      <div className={parts.filters}>
        <NumberField label={t('stock.below')} minValue={1} value={below > 0 ? below : Number.NaN} onChange={(value) => address.set({ below: value > 0 ? String(value) : undefined })} />
        <Select label={t('products.stock')} value={address.get('stock') ?? ANY} onChange={(stock) => address.set({ stock: stock === ANY ? undefined : stock })}
          choices={[{ id: ANY, text: t('any') }, { id: 'yes', text: t('products.in_stock') }, { id: 'no', text: t('products.sold_out') }]} />
        {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
      </div>
      <DamagedRows ids={damaged} />
      {stock.isError && !rows ? <Failed error={stock.error} again={() => void stock.refetch()} /> : (
        <Table label={t('nav.stock')} rows={rows} keyOf={({ product_id }) => product_id} stale={stock.isPlaceholderData} sorting={{ by: sort, to: (sort) => address.set({ sort }) }}
          empty={<Empty icon={<Boxes aria-hidden />} title={t(address.filters > 0 ? 'stock.none_found' : 'products.none')}>{address.filters > 0 ? <Button onPress={address.clear}>{t('clear')}</Button> : <p>{t('products.none_text')}</p>}</Empty>}
          columns={[
            { id: 'name', head: t('products.one'), header: true, cell: ({ product_id, name, on_sale }) => <><Link to={`/admin/products/${product_id}`}>{name ?? product_id}</Link> {on_sale ? null : <Badge>{t('stock.off_sale')}</Badge>}</> },
            { id: 'id', head: t('products.id'), roomy: true, sorts: ['product_id', 'product_id'], cell: ({ product_id }) => <span className={`${parts.id ?? ''} dim`}>{product_id}</span> },
            { id: 'available', head: t('stock.available'), end: true, sorts: ['available', '-available'], cell: ({ available }) => <StockCount count={available} /> },
            { id: 'reserved', head: t('stock.reserved'), end: true, roomy: true, cell: ({ reserved }) => count(reserved) },
            { id: 'deducted', head: t('stock.deducted'), end: true, roomy: true, cell: ({ deducted }) => count(deducted) },
            { id: 'add', head: t('stock.add_head'), end: true, cell: (row) => <Button size="small" aria-label={t('stock.add_to', { name: row.name ?? row.product_id })} onPress={() => setAdding(row)}><Plus aria-hidden />{t('stock.add_go')}</Button> },
          ]} />
      )}
      <Pager address={address} shown={rows?.length} next={stock.data?.next_cursor} />
      {adding ? <Dialog title={t('stock.add_to', { name: adding.name ?? adding.product_id })} open busy={busy} onClose={() => setAdding(null)}><AddStock id={adding.product_id} onBusy={setBusy} onAdded={() => setAdding(null)} /></Dialog> : null}
    </>
  );
}
