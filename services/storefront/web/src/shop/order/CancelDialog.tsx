import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { insist } from '@/api/insist';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import type { Order } from '../data/orders';
import { asWhoMay } from '../data/orders';
import { useShopProblem } from '../useShopProblem';

/** Asks before an order is cancelled, and says what becomes of the money. */
export function CancelDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  const problem = useShopProblem();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const cancelling = useMutation({
    // It may be sent again as it is: an order is cancelled once.
    mutationFn: () => insist(() => asWhoMay((headers) => body(api.POST('/orders/{id}/cancel', { params: { path: { id: order.order_id } }, headers, body: note.trim() ? { note: note.trim() } : {} })))),
    onSuccess: () => {
      say(t('cancel.done'));
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['orders'] }),
  });
  const busy = cancelling.isPending;
  return (
    <Dialog title={t('cancel.title')} open onClose={onClose} busy={busy} foot={<><Button onPress={onClose} isDisabled={busy}>{t('cancel.keep')}</Button><Button look="danger" isPending={busy} onPress={() => cancelling.mutate()}>{t('cancel.yes')}</Button></>}>
      <p>{order.status === 'paid' ? t('cancel.money_back', { total: money(order.total - (order.refunded ?? 0), order.currency) }) : t('cancel.no_money')}</p>
      <TextField label={t('cancel.note')} hint={t('cancel.note_hint')} lines={3} maxLength={500} value={note} onChange={setNote} />
      {cancelling.error ? <Notice tone="bad" alert>{problem(cancelling.error)}</Notice> : null}
    </Dialog>
  );
}
