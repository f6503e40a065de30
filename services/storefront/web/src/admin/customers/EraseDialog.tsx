import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { queries } from '@/app/query';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useCommand } from '../parts/command';
import { Problem } from '../parts/Problem';
import { CUSTOMERS, erase } from './customers';

/** Erases a person's data for good, once who they are was typed. */
export function EraseDialog({ id, email, onClose }: { id: string; email: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const word = email ?? id;
  const erasing = useCommand(erase, async () => {
    say(t('erasing.said'));
    await queries.invalidateQueries({ queryKey: [CUSTOMERS] });
    await navigate('/admin/customers');
  });
  return (
    <Dialog title={t('erasing.title')} open busy={erasing.isPending} onClose={onClose} foot={
      <>
        <Button onPress={onClose} isDisabled={erasing.isPending}>{t('cancel')}</Button>
        <Button look="danger" isDisabled={typed.trim() !== word} isPending={erasing.isPending} onPress={() => erasing.mutate(id)}>{t('erasing.go')}</Button>
      </>
    }>
      <Notice tone="bad">{t('erasing.text')}</Notice>
      <TextField label={t('erasing.type', { word })} value={typed} onChange={setTyped} autoComplete="off" />
      <Problem error={erasing.error} />
    </Dialog>
  );
}
