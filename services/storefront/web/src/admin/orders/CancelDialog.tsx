import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useCommand } from '../parts/command';
import { Problem } from '../parts/Problem';
import { NOTE_MOST } from './BulkWish';
import { cancel, moved, type Order } from './orders';

/** Cancels an order, with a note that stays with it. */
export function CancelDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  const [note, setNote] = useState('');
  const cancelling = useCommand((note: string) => cancel(order.order_id, note), async () => {
    say(t('cancelling.said'));
    onClose();
    await moved();
  });
  return (
    <Dialog title={t('cancelling.title')} open busy={cancelling.isPending} onClose={onClose} foot={
      <>
        <Button onPress={onClose} isDisabled={cancelling.isPending}>{t('cancelling.keep')}</Button>
        <Button look="danger" isPending={cancelling.isPending} onPress={() => cancelling.mutate(note)}>{t('cancelling.go')}</Button>
      </>
    }>
      <Notice tone="warn">{order.status === 'paid' ? t('cancelling.paid', { amount: money(order.total - (order.refunded ?? 0), order.currency) }) : t('cancelling.text')}</Notice>
      <TextField label={t('cancelling.note')} hint={t('cancelling.hint')} lines={3} value={note} onChange={setNote} maxLength={NOTE_MOST} />
      <Problem error={cancelling.error} />
    </Dialog>
  );
}
