import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { insist, useIntentKey } from '@/api/insist';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';

import { type Chosen, type Command, type Letter, ops, type RunKind } from '../api';
import { RunPart } from '../records/RunPart';
import { Confirm, type Wish } from './Confirm';
import { Rehearse } from './Rehearse';
import { Steps } from './Steps';

/** What is to be done, and with which letters. */
export interface Asked { kind: RunKind; chosen: Chosen; count: number; letters: Letter[] }

/** Rehearse, confirm, watch. A discard has nothing to rehearse. What was typed stays when a step fails. */
export function RunDialog({ kind, chosen, count, letters, onClose }: Asked & { onClose: () => void }) {
  const { t } = useTranslation('console');
  const queries = useQueryClient();
  const [step, go] = useState<'rehearse' | 'confirm'>(kind === 'redrive' ? 'rehearse' : 'confirm');
  const [wish, setWish] = useState<Wish>({ reason: '', perSecond: 10 });
  const command: Command = { ...chosen, reason: wish.reason.trim(), ...(kind === 'redrive' && { per_second: wish.perSecond }) };
  const intent = useIntentKey();
  const preview = useMutation({ mutationFn: () => insist((key) => ops.begin(kind, { ...command, preview: true }, key)) });
  const run = useMutation({
    // The same wish again, after an answer that got lost, is no second run.
    mutationFn: () => insist((key) => ops.begin(kind, command, key), intent.of(command)),
    onSettled: (_, error) => intent.settled(error),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['console', 'runs'] }),
  });
  const close = () => {
    onClose();
    void queries.invalidateQueries({ queryKey: ['console', 'letters'] });
  };
  const steps = kind === 'redrive' ? (['rehearse', 'confirm', 'run'] as const) : (['confirm', 'run'] as const);
  return (
    <Dialog title={t(`run.dialog.${kind}`, { count, queue: chosen.queue })} open onClose={close} busy={run.isPending} wide
      {...(step === 'rehearse' && { foot: <><Button onPress={close}>{t('run.cancel')}</Button><Button look="primary" onPress={() => go('confirm')}>{t('run.on')}</Button></> })}>
      <Steps steps={steps} at={run.data ? 'run' : step} />
      {run.data ? <RunPart id={run.data.id} first={run.data} />
        : step === 'rehearse' ? <Rehearse queue={chosen.queue} letters={letters} count={count} />
          : <Confirm kind={kind} chosen={chosen} count={count} wish={wish} change={(wish) => {
            setWish(wish);
            preview.reset();
          }} preview={preview} run={run} {...(kind === 'redrive' && { back: () => go('rehearse') })} onClose={close} />}
    </Dialog>
  );
}
