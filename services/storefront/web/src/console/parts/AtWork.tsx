import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ProblemError } from '@/api/problem';
import { Button } from '@/ui/Button';
import { Failed, Notice } from '@/ui/states';

import layout from '../layout.module.css';

/** The run that keeps others from a queue of dead letters; `undefined` where it is something else that went wrong. */
export function runAtWork(error: unknown): string | undefined {
  return error instanceof ProblemError && error.slug === 'run-under-way' && typeof error.problem.run === 'string' ? error.problem.run : undefined;
}

/** Why a queue can't be looked at: a run is at work there, which passes, or what went wrong. */
export function AtWork({ error, again }: { error: unknown; again: () => void }) {
  const run = runAtWork(error);
  return run === undefined ? <Failed error={error} again={again} /> : <UnderWay run={run} again={again} />;
}

/** A run is at work in the queue. `again` is left out where the button that was pressed is still there. */
export function UnderWay({ run, again }: { run: string; again?: () => void }) {
  const { t } = useTranslation('console');
  const { t: common } = useTranslation();
  return (
    <Notice tone="warn" alert>
      <div className={layout.row}>
        <span>{t('under_way')} <Link to={`/admin/operations/runs/${run}`}>{t('run.that')}</Link></span>
        {again ? <Button size="small" onPress={again}>{common('again')}</Button> : null}
      </div>
    </Notice>
  );
}
