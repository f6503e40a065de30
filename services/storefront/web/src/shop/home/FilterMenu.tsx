import { Check } from 'lucide-react';
import { Dialog, DialogTrigger, Popover, ToggleButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';

import { categories } from '../data/categories';
import type { Found, Product } from '../data/products';
import { filters, NO_WISH, type Wish } from '../data/wish';
import { useCategoryName } from '../useCategoryName';
import { FilterLabel } from './FilterLabel';
import styles from './filters.module.css';
import { PriceFilter } from './PriceFilter';

function Chip({ text, count, selected, onChange }: { text: string; count?: number | undefined; selected: boolean; onChange: (selected: boolean) => void }) {
  return (
    <ToggleButton className={styles.chip ?? ''} isSelected={selected} onChange={onChange}>
      {selected ? <Check aria-hidden /> : null}
      {text}
      {count === undefined ? null : <span className={`${styles.count ?? ''} numbers`}>{count}</span>}
    </ToggleButton>
  );
}

export interface FilterProps {
  wish: Wish;
  found: Found | null;
  products: readonly Product[];
  onChange: (next: Partial<Wish>) => void;
}

/** The filters. A search tells how many each would leave; a list without words can't. Opens as it comes (`Filters`). */
export function FilterMenu({ wish, found, products, onChange }: FilterProps) {
  const { t } = useTranslation('shop');
  const nameOf = useCategoryName();
  const set = filters(wish);
  const shown = categories(wish.category, found?.facets.categories ?? null, products);
  return (
    <DialogTrigger defaultOpen>
      <Button aria-label={set ? t('filters.set', { count: set }) : t('filters.label')}><FilterLabel set={set} /></Button>
      <Popover className={styles.popover ?? ''} placement="bottom end">
        <Dialog className={styles.dialog ?? ''} aria-label={t('filters.label')}>
          <PriceFilter min={wish.min} max={wish.max} ranges={found?.facets.prices ?? null} currency={products[0]?.currency ?? 'JPY'} onChange={onChange} />
          {shown.length > 0 ? (
            <fieldset className={styles.group}>
              <legend>{t('filters.category')}</legend>
              <div className={styles.chips}>
                {shown.map(({ name, count }) => <Chip key={name} text={nameOf(name)} count={count} selected={wish.category === name} onChange={(selected) => onChange({ category: selected ? name : null })} />)}
              </div>
            </fieldset>
          ) : null}
          <fieldset className={styles.group}>
            <legend>{t('filters.stock')}</legend>
            <Chip text={t('filters.in_stock')} count={found?.facets.stock.in_stock} selected={wish.inStock} onChange={(inStock) => onChange({ inStock })} />
          </fieldset>
          <Button look="quiet" size="small" isDisabled={set === 0} onPress={() => onChange({ category: null, min: NO_WISH.min, max: NO_WISH.max, inStock: false })}>{t('filters.reset')}</Button>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
