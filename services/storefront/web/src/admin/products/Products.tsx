import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Package, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { api, body, type Schemas } from '@/api/client';
import { Button, LinkButton } from '@/ui/Button';
import { Empty, Failed } from '@/ui/states';

import { given, oneOf, useAddress } from '../parts/address';
import { DamagedRows } from '../parts/DamagedRows';
import { PageHead } from '../parts/PageHead';
import { Pager } from '../parts/Pager';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { useProductColumns } from './columns';
import { ProductFilters } from './ProductFilters';
import { type Product, PRODUCTS } from './products';

const SORTS = ['oldest', 'newest', 'price', '-price', 'name'] as const;
const keyOf = (product: Product) => product.product_id;

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text && Number.isFinite(value) ? value : undefined;
}

/** All products on sale, or those that words find. */
export function Component() {
  const { t } = useTranslation('admin');
  const address = useAddress();
  const columns = useProductColumns();
  const q = address.get('q');
  const sort = oneOf(SORTS, address.get('sort')) ?? 'newest';
  const category = address.get('category');
  const filters = given({
    limit: 25, cursor: address.cursor, category: category && /^[a-z0-9-]+(\/[a-z0-9-]+){0,3}$/.test(category) ? category : undefined,
    in_stock: address.get('stock') === undefined ? undefined : address.get('stock') === 'yes',
    min_price: numberOf(address.get('min')), max_price: numberOf(address.get('max')),
  });
  const products = useQuery({
    queryKey: [PRODUCTS, 'list', q ?? null, sort, filters],
    queryFn: (): Promise<Schemas['PageOfListedProduct'] | Schemas['FoundProducts']> => (q ? body(api.GET('/search/products', { params: { query: { ...filters, q } } })) : body(api.GET('/products', { params: { query: { ...filters, sort } } }))),
    placeholderData: keepPreviousData,
  });
  const { rows, damaged } = whole(products.data?.items);
  const found = products.data && 'facets' in products.data ? products.data : undefined;
  return (
    <>
      <PageHead title={t('nav.products')} actions={<LinkButton look="primary" size="small" href="/admin/products/new"><Plus aria-hidden />{t('products.new')}</LinkButton>}>
        {found ? (found.corrected ? t('products.corrected', { count: found.total, words: found.corrected }) : t('products.found', { count: found.total })) : null}
      </PageHead>
      <ProductFilters address={address} />
      <DamagedRows ids={damaged} />
      {products.isError && !rows ? <Failed error={products.error} again={() => void products.refetch()} /> : (
        <Table label={t('nav.products')} columns={columns} rows={rows} keyOf={keyOf} stale={products.isPlaceholderData}
          {...(!q && { sorting: { by: sort, to: (sort: string) => address.set({ sort }) } })}
          empty={address.filters > 0 || address.cursor
            ? <Empty icon={<Package aria-hidden />} title={t('products.none_found')}><Button onPress={address.clear}>{t('clear')}</Button></Empty>
            : <Empty icon={<Package aria-hidden />} title={t('products.none')}><p>{t('products.none_text')}</p><LinkButton look="primary" href="/admin/products/new">{t('products.new')}</LinkButton></Empty>} />
      )}
      <Pager address={address} shown={rows?.length} next={products.data?.next_cursor} />
    </>
  );
}
