import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Badge } from '@/ui/states';

import parts from '../parts/parts.module.css';
import type { Column } from '../parts/Table';
import styles from './products.module.css';
import type { Product } from './products';
import { StockCount } from './StockCount';
import { Thumb } from './Thumb';

export function useProductColumns(): Column<Product>[] {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  return useMemo(() => [
    {
      id: 'name', head: t('products.name'), header: true, sorts: ['name', 'name'], cell: (product) => (
        <Link className={styles.name} to={`/admin/products/${product.product_id}`}><Thumb id={product.product_id} has={product.images.length > 0} />{product.name}</Link>
      ),
    },
    { id: 'id', head: t('products.id'), roomy: true, cell: ({ product_id }) => <span className={`${parts.id ?? ''} dim`}>{product_id}</span> },
    { id: 'categories', head: t('products.categories'), roomy: true, cell: ({ categories = [] }) => <span className={styles.tags}>{categories.map((category) => <Badge key={category}>{category}</Badge>)}</span> },
    { id: 'stock', head: t('products.stock'), end: true, cell: ({ stock }) => <StockCount count={stock} /> },
    { id: 'price', head: t('products.price'), end: true, sorts: ['price', '-price'], cell: ({ price, currency }) => money(price, currency) },
  ], [t, money]);
}
