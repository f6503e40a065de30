import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Eye, EyeOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Notice, useProblemText } from '@/ui/states';

import { type Letter, ops } from '../api';
import layout from '../layout.module.css';
import { runAtWork, UnderWay } from '../parts/AtWork';
import { isReason, Reason } from '../parts/Reason';
import { Term } from '../parts/Term';
import styles from './letters.module.css';

/** Indented where it is JSON; as it came where it is not. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** The letter's text. Covered until somebody says why they read it, which is recorded: it may say who bought what. */
export function Uncover({ queue, letter }: { queue: string; letter: Letter }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const problem = useProblemText();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const uncover = useMutation({
    mutationFn: () => ops.uncover(queue, letter.id, reason.trim()),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['console', 'records'] }),
  });
  const run = runAtWork(uncover.error);
  if (uncover.data) {
    return (
      <section className={layout.stack}>
        <div className={layout.row}><Notice><span>{t('uncover.recorded')}</span></Notice><Button size="small" onPress={() => uncover.reset()}><EyeOff aria-hidden />{t('uncover.cover')}</Button></div>
        <pre className={layout.pre} tabIndex={0}>{pretty(uncover.data.body)}</pre>
      </section>
    );
  }
  return (
    <form className={styles.covered} onSubmit={(event) => {
      event.preventDefault();
      if (isReason(reason)) uncover.mutate();
    }}>
      <p><EyeOff aria-hidden /><span><Term id="uncover">{t('uncover.covered')}</Term> {t('uncover.bytes', { count: letter.body_bytes, bytes: count(letter.body_bytes) })}</span></p>
      <Reason value={reason} onChange={setReason} isDisabled={uncover.isPending} />
      {run !== undefined ? <UnderWay run={run} /> : uncover.isError ? <Notice tone="bad" alert>{problem(uncover.error)}</Notice> : null}
      <div><Button type="submit" size="small" isDisabled={!isReason(reason)} isPending={uncover.isPending}><Eye aria-hidden />{t('uncover.do')}</Button></div>
    </form>
  );
}
