import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';

import type { Address } from './address';
import styles from './parts.module.css';

/** Goes through a list page by page; the address names the page, so that the browser's own way back works, too. */
export function Pager({ address, shown, next }: { address: Address; shown: number | undefined; next: string | null | undefined }) {
  const { t } = useTranslation('admin');
  return (
    <div className={styles.foot}>
      <span aria-live="polite">{shown === undefined ? null : t('table.shown', { count: shown })}</span>
      <span>
        <Button size="small" isDisabled={!address.cursor} onPress={address.back}><ChevronLeft aria-hidden />{t('table.back')}</Button>
        <Button size="small" isDisabled={!next} onPress={() => next && address.next(next)}>{t('table.next')}<ChevronRight aria-hidden /></Button>
      </span>
    </div>
  );
}
