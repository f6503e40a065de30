import type { UseMutationResult } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ProblemError } from '@/api/problem';
import { Button } from '@/ui/Button';
import { NumberField } from '@/ui/NumberField';
import { Notice, useProblemText } from '@/ui/states';

import type { Chosen, Run, RunKind } from '../api';
import layout from '../layout.module.css';
import { isReason, Reason } from '../parts/Reason';
import { Term } from '../parts/Term';

export interface Wish { reason: string; perSecond: number }
type Begin = UseMutationResult<Run, Error, void>;

interface Props { kind: RunKind; chosen: Chosen; count: number; wish: Wish; change: (wish: Wish) => void; preview: Begin; run: Begin; back?: () => void; onClose: () => void }

/** Pace and reason. Letters that are not named one by one are counted first: more may have come since the page looked. */
export function Confirm({ kind, chosen, count, wish, change, preview, run, back, onClose }: Props) {
  const { t } = useTranslation('console');
  const isNamed = chosen.letters !== undefined;
  const counted = isNamed ? count : preview.data?.matching;
  const isBusy = preview.isPending || run.isPending;
  const error = run.error ?? preview.error;
  return (
    <form className={layout.stack} onSubmit={(event) => {
      event.preventDefault();
      if (!isReason(wish.reason) || isBusy) return;
      if (counted === undefined) preview.mutate();
      else run.mutate();
    }}>
      {kind === 'discard' ? <Notice tone="warn">{t('run.discard_warning')}</Notice> : <p className={layout.lead}><Term id="redrive" />{t('run.redrive_lead')}</p>}
      <Reason value={wish.reason} onChange={(reason) => change({ ...wish, reason })} isDisabled={isBusy} />
      {kind === 'redrive' ? <NumberField label={t('run.pace')} hint={t('run.pace_hint', { seconds: Math.ceil(count / wish.perSecond) })} value={wish.perSecond} minValue={1} maxValue={1000} isDisabled={isBusy} onChange={(perSecond) => change({ ...wish, perSecond: Number.isFinite(perSecond) ? perSecond : 10 })} /> : null}
      {!isNamed && counted !== undefined ? <Notice tone={counted === 0 ? 'warn' : 'info'} alert>{t('run.counted', { count: counted, queue: chosen.queue })}</Notice> : null}
      {error ? <Refused error={error} /> : null}
      <div className={`${layout.row ?? ''} ${layout.end ?? ''}`}>
        {back ? <Button onPress={back} isDisabled={isBusy}>{t('run.back')}</Button> : <Button onPress={onClose} isDisabled={isBusy}>{t('run.cancel')}</Button>}
        <Button type="submit" look={kind === 'discard' ? 'danger' : 'primary'} isPending={isBusy} isDisabled={!isReason(wish.reason) || counted === 0}>
          {counted === undefined ? t('run.count') : t(`run.go.${kind}`, { count: counted })}
        </Button>
      </div>
    </form>
  );
}

function Refused({ error }: { error: Error }) {
  const { t, i18n } = useTranslation('console');
  const problem = useProblemText();
  const run = error instanceof ProblemError && typeof error.problem.run === 'string' ? error.problem.run : undefined;
  const known = error instanceof ProblemError ? `run.refused.${error.slug}` : '';
  return (
    <Notice tone="bad" alert>
      {known && i18n.exists(known, { ns: 'console' }) ? t(known as 'run.refused.run-under-way') : problem(error)}
      {run ? <> <Link to={`/admin/operations/runs/${run}`}>{t('run.that')}</Link></> : null}
    </Notice>
  );
}
