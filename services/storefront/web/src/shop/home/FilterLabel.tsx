import { SlidersHorizontal } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import styles from './filters.module.css';

/** What stands on the filters' button: how many are set. */
export function FilterLabel({ set }: { set: number }) {
  const { t } = useTranslation('shop');
  return <><SlidersHorizontal aria-hidden />{t('filters.label')}{set ? <span className={`${styles.badge ?? ''} numbers`} aria-hidden>{set}</span> : null}</>;
}
