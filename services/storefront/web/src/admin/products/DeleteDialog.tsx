import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useCommand } from '../parts/command';
import { Problem } from '../parts/Problem';
import { changed, type Product, remove } from './products';

/** Takes a product off sale. It can be put on sale again, without its pictures. */
export function DeleteDialog({ product, onClose }: { product: Product; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const deleting = useCommand((version: number) => remove(product.product_id, version), async () => {
    say(t('deleting.said'));
    onClose();
    await changed();
  });
  return (
    <Dialog title={t('deleting.title', { name: product.name })} open busy={deleting.isPending} onClose={onClose} foot={
      <>
        <Button onPress={onClose} isDisabled={deleting.isPending}>{t('cancel')}</Button>
        <Button look="danger" isPending={deleting.isPending} onPress={() => deleting.mutate(product.version)}>{t('deleting.go')}</Button>
      </>
    }>
      <p>{t('deleting.text')}</p>
      {product.images.length > 0 ? <Notice tone="warn">{t('deleting.pictures')}</Notice> : null}
      <Problem error={deleting.error} />
    </Dialog>
  );
}
