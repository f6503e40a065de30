import { Check, SlidersHorizontal } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Dialog, DialogTrigger, Popover, ToggleButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Select } from '@/ui/Field';
import { Skeleton } from '@/ui/states';

import { categories } from '../data/categories';
import type { Found, Product } from '../data/products';
import { filters, NO_WISH, SORTS, type Sort, type Wish } from '../data/wish';
import styles from './filters.module.css';

/** Fields for numbers are loaded once somebody opens the filters. */
const PriceFilter = lazy(async () => ({ default: (await import('./PriceFilter')).PriceFilter }));

function Chip({ text, count, selected, onChange }: { text: string; count?: number | undefined; selected: boolean; onChange: (selected: boolean) => void }) {
  return (
    <ToggleButton className={styles.chip ?? ''} isSelected={selected} onChange={onChange}>
      {selected ? <Check aria-hidden /> : null}
      {text}
      {count === undefined ? null : <span className={`${styles.count ?? ''} numbers`}>{count}</span>}
    </ToggleButton>
  );
}

/** Order and filters. A search tells how many each filter would leave; a list without words can't. */
export function Filters({ wish, found, products, onChange }: { wish: Wish; found: Found | null; products: readonly Product[]; onChange: (next: Partial<Wish>) => void }) {
  const { t } = useTranslation('shop');
  const set = filters(wish);
  const shown = categories(wish.category, found?.facets.categories ?? null, products);
  return (
    <>
      <div className={styles.sort}>
        {wish.q ? null : <Select hideLabel label={t('sort.label')} value={wish.sort} choices={SORTS.map((sort) => ({ id: sort, text: t(`sort.${sort === '-price' ? 'price_down' : sort}`) }))} onChange={(sort) => onChange({ sort: sort as Sort })} />}
        <DialogTrigger>
          <Button aria-label={set ? t('filters.set', { count: set }) : t('filters.label')}>
            <SlidersHorizontal aria-hidden />{t('filters.label')}{set ? <span className={`${styles.badge ?? ''} numbers`} aria-hidden>{set}</span> : null}
          </Button>
          <Popover className={styles.popover ?? ''} placement="bottom end">
            <Dialog className={styles.dialog ?? ''} aria-label={t('filters.label')}>
              <Suspense fallback={<Skeleton height="112px" />}><PriceFilter min={wish.min} max={wish.max} ranges={found?.facets.prices ?? null} currency={products[0]?.currency ?? 'JPY'} onChange={onChange} /></Suspense>
              {shown.length > 0 ? (
                <fieldset className={styles.group}>
                  <legend>{t('filters.category')}</legend>
                  <div className={styles.chips}>
                    {shown.map(({ name, count }) => <Chip key={name} text={name.replaceAll('/', ' › ')} count={count} selected={wish.category === name} onChange={(selected) => onChange({ category: selected ? name : null })} />)}
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
      </div>
    </>
  );
}
