import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { say } from '@/ui/toasts';

import { faultsOf } from '../logic/product';
import { Panel } from '../parts/Panel';
import { Problem } from '../parts/Problem';
import { ConflictDialog } from './ConflictDialog';
import { ProductFields } from './ProductFields';
import type { Product } from './products';
import styles from './products.module.css';
import { useSaving } from './saving';

/** Edits a product's texts, categories and price. */
export function ProductForm({ product }: { product: Product }) {
  const { t } = useTranslation('admin');
  const [tried, setTried] = useState(false);
  const { draft, edit, undo, save, saving, isDirty, conflict, settle, postpone } = useSaving(product, () => say(t('products.saved')));
  const faults = faultsOf(draft);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried(true);
    if (isDirty && Object.keys(faults).length === 0) save();
  };
  return (
    <form noValidate onSubmit={submit}>
      <Panel title={t('products.about')}>
        <ProductFields draft={draft} onChange={edit} faults={tried ? faults : {}} currency={product.currency} />
        <Problem error={saving.error} />
        <div className={styles.save}>
          <span aria-live="polite">{isDirty ? t('products.unsaved') : ''}</span>
          <Button onPress={undo} isDisabled={!isDirty || saving.isPending}>{t('products.undo')}</Button>
          {/* Never shut: a number that is being typed counts only once its field is left, by this press say. */}
          <Button type="submit" look="primary" isPending={saving.isPending}>{t('products.save')}</Button>
        </div>
      </Panel>
      {conflict ? <ConflictDialog differences={conflict.differences} currency={product.currency} onSettle={settle} onClose={postpone} /> : null}
    </form>
  );
}
