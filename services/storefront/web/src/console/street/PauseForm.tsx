import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { insist } from '@/api/insist';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Notice, useProblemText } from '@/ui/states';
import { say } from '@/ui/toasts';

import { type Consumer, ops } from '../api';
import layout from '../layout.module.css';
import { isReason, Reason } from '../parts/Reason';

/** Pauses a consumer, or lets it go on. Repeating is harmless, so what fails in passing is tried again. */
export function PauseForm({ consumer }: { consumer: Consumer }) {
  const { t } = useTranslation('console');
  const { ago } = useFormats();
  const problem = useProblemText();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const paused = consumer.paused;
  const change = useMutation({
    mutationFn: (to: boolean) => insist(() => ops.pause(consumer.queue, to, reason.trim())),
    onSuccess: async (_, to) => {
      setReason('');
      say(t(to ? 'pause.done' : 'pause.undone', { consumer: consumer.consumer }));
      await queries.invalidateQueries({ queryKey: ['console', 'street'] });
    },
  });
  // The button that was pressed is off again and would take the focus along: who uses the keyboard goes on in the field.
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (change.isSuccess) form.current?.querySelector('input')?.focus();
  }, [change.isSuccess]);
  return (
    <form ref={form} className={layout.stack} onSubmit={(event) => {
      event.preventDefault();
      if (isReason(reason)) change.mutate(!paused);
    }}>
      {paused ? <Notice tone="warn">{t('pause.is', { ago: ago(paused.since), by: paused.by, reason: paused.reason })}</Notice> : <p className={layout.lead}>{t('pause.what')}</p>}
      <Reason value={reason} onChange={setReason} isDisabled={change.isPending} />
      {change.isError ? <Notice tone="bad" alert>{problem(change.error)}</Notice> : null}
      <div><Button type="submit" look={paused ? 'primary' : 'plain'} isPending={change.isPending} isDisabled={!isReason(reason)}>{paused ? <Play aria-hidden /> : <Pause aria-hidden />}{paused ? t('pause.resume') : t('pause.pause')}</Button></div>
    </form>
  );
}
