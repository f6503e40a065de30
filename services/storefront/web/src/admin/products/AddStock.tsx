import { type SyntheticEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { NumberField } from '@/ui/NumberField';
import { say } from '@/ui/toasts';

import { useCommand } from '../parts/command';
import { Problem } from '../parts/Problem';
import { addStock, changed } from './products';
import styles from './products.module.css';

/** Adds pieces to a product's stock. `onBusy` hears whether it is under way. */
export function AddStock({ id, onAdded, onBusy }: { id: string; onAdded?: () => void; onBusy?: (busy: boolean) => void }) {
  const { t } = useTranslation('admin');
  const [quantity, setQuantity] = useState(Number.NaN);
  const adding = useCommand((quantity: number, key) => addStock(id, quantity, key), async (_, added) => {
    say(t('stock.added', { count: added }));
    setQuantity(Number.NaN);
    onAdded?.();
    await changed();
  });
  const busy = adding.isPending;
  useEffect(() => {
    onBusy?.(busy);
    return () => onBusy?.(false);
  }, [busy, onBusy]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (quantity > 0) adding.mutate(quantity);
  };
  return (
    <>
      <form className={styles.stock} onSubmit={submit}>
        <NumberField label={t('stock.add')} value={quantity} onChange={setQuantity} minValue={1} maxValue={1_000_000} />
        <Button type="submit" isPending={busy}>{t('stock.add_go')}</Button>
      </form>
      <Problem error={adding.error} />
    </>
  );
}
