import { type ComponentType, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Select } from '@/ui/Field';
import { useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';

import { filters, SORTS, type Sort } from '../data/wish';
import { FilterLabel } from './FilterLabel';
import type { FilterProps } from './FilterMenu';
import styles from './filters.module.css';

/** Order and filters. What is behind the button is loaded when it is pressed. */
export function Filters(props: FilterProps) {
  const { t } = useTranslation('shop');
  const text = useProblemText();
  const [Menu, setMenu] = useState<ComponentType<FilterProps> | null>(null);
  const { wish, onChange } = props;
  const set = filters(wish);
  const open = () => {
    import('./FilterMenu').then(
      ({ FilterMenu }) => setMenu(() => FilterMenu),
      (error: unknown) => say(text(error)),
    );
  };
  return (
    <div className={styles.sort}>
      {wish.q ? null : <Select hideLabel label={t('sort.label')} value={wish.sort} choices={SORTS.map((sort) => ({ id: sort, text: t(`sort.${sort === '-price' ? 'price_down' : sort}`) }))} onChange={(sort) => onChange({ sort: sort as Sort })} />}
      {Menu ? <Menu {...props} /> : (
        <Button aria-label={set ? t('filters.set', { count: set }) : t('filters.label')} aria-haspopup="dialog" onPress={open}><FilterLabel set={set} /></Button>
      )}
    </div>
  );
}
