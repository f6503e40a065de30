import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api } from '@/api/client';
import { insist } from '@/api/insist';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useShopProblem } from '../useShopProblem';
import styles from './account.module.css';

/** Deletes the account for good, once it was asked twice. */
export function DeleteAccount({ userId, onDone }: { userId: string; onDone: () => void }) {
  const { t } = useTranslation('shop');
  const problem = useShopProblem();
  const [open, setOpen] = useState(false);
  const deleting = useMutation({
    mutationFn: () => insist(() => api.DELETE('/customers/{id}', { params: { path: { id: userId } } })),
    onSuccess: () => {
      say(t('delete.done'));
      onDone();
    },
  });
  const close = () => setOpen(false);
  return (
    <section className={styles.panel} aria-labelledby="delete">
      <h2 id="delete">{t('delete.title')}</h2>
      <p className="dim">{t('delete.text')}</p>
      <div><Button look="danger" onPress={() => setOpen(true)}>{t('delete.open')}</Button></div>
      <Dialog title={t('delete.sure')} open={open} onClose={close} busy={deleting.isPending} foot={<><Button onPress={close} isDisabled={deleting.isPending}>{t('delete.no')}</Button><Button look="danger" isPending={deleting.isPending} onPress={() => deleting.mutate()}>{t('delete.yes')}</Button></>}>
        <p>{t('delete.what')}</p>
        {deleting.error ? <Notice tone="bad" alert>{problem(deleting.error)}</Notice> : null}
      </Dialog>
    </section>
  );
}
