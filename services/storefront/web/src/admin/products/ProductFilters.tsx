import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Select } from '@/ui/Field';

import type { Address } from '../parts/address';
import parts from '../parts/parts.module.css';
import { SearchField } from '../parts/SearchField';

const ANY = 'any';

/** What the list of products is narrowed by. */
export function ProductFilters({ address }: { address: Address }) {
  const { t } = useTranslation('admin');
  return (
    <div className={parts.filters}>
      <SearchField label={t('products.find')} value={address.get('q') ?? ''} onFind={(q) => address.set({ q })} placeholder={t('products.find_hint')} />
      <SearchField label={t('products.category')} value={address.get('category') ?? ''} onFind={(category) => address.set({ category })} placeholder="sweets/chocolate" />
      <Select label={t('products.stock')} value={address.get('stock') ?? ANY} onChange={(stock) => address.set({ stock: stock === ANY ? undefined : stock })}
        choices={[{ id: ANY, text: t('any') }, { id: 'yes', text: t('products.in_stock') }, { id: 'no', text: t('products.sold_out') }]} />
      {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
    </div>
  );
}
