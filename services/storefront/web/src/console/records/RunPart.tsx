import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge, Failed, Notice, Skeleton, type Tone } from '@/ui/states';

import { ops, type Outcome, type Run } from '../api';
import layout from '../layout.module.css';
import styles from '../letters/run.module.css';
import { again } from './again';
import { HandlingOf } from './HandlingOf';

const TONES: Record<Outcome, Tone> = { sent: 'good', discarded: 'neutral', failed: 'bad', undeleted: 'warn', meant: 'info' };
export const STATES: Record<Run['state'], Tone> = { preview: 'info', running: 'info', finished: 'good', stopped: 'warn', interrupted: 'warn' };

/** A run: how far it is and what became of each letter. Goes on by itself, watched or not. */
export function RunPart({ id, first }: { id: string; first?: Run }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['console', 'runs', id], queryFn: ({ signal }) => ops.run(id, signal), ...(first && { initialData: first }), staleTime: 0, refetchInterval: ({ state }) => again(state.data) });
  const run = query.data;
  const state = run?.state;
  useEffect(() => {
    if (state === 'finished') void queries.invalidateQueries({ queryKey: ['console', 'letters'] });
  }, [state, queries]);
  if (!run) return query.isError ? <Failed error={query.error} again={() => void query.refetch()} /> : <Skeleton height="320px" />;
  const share = (n: number) => `${run.matching ? (100 * n) / run.matching : 0}%`;
  return (
    <div className={layout.stack}>
      <div className={styles.progress}>
        <div className={layout.row}>
          <span className={styles.big} role="status">{t('run.progress', { settled: count(run.settled), matching: count(run.matching) })}</span>
          <Badge tone={STATES[run.state]}>{t(`run.state.${run.state}`)}</Badge>
        </div>
        <div className={styles.track} role="progressbar" aria-label={t('run.step.run')} aria-valuemin={0} aria-valuemax={run.matching} aria-valuenow={run.settled + run.failed}>
          <span style={{ width: share(run.settled) }} /><span className={styles.failed} style={{ width: share(run.failed) }} />
        </div>
        <p className="dim">{t('run.counts', { failed: count(run.failed), waiting: count(run.waiting), undeleted: count(run.undeleted), later: count(run.came_later) })}</p>
        {run.handlings ? <p role="status">{t('run.handlings', { handled: count(run.handlings.handled), ignored: count(run.handlings.ignored), dead: count(run.handlings.dead_again), waiting: count(run.handlings.waiting) })}</p> : null}
      </div>
      {run.stopped ? <Notice tone="warn">{t('run.stopped', { why: run.stopped })}</Notice> : null}
      {query.isError ? <Notice tone="warn">{t('run.unseen')}</Notice> : null}
      {run.outcomes?.length ? (
        <div className={`${layout.scroll ?? ''} ${styles.items ?? ''}`} role="region" aria-label={t('run.outcomes')} tabIndex={0}>
          <table className={layout.table}>
            <thead><tr><th scope="col">{t('letters.about')}</th><th scope="col">{t('letters.type')}</th><th scope="col">{t('run.outcome')}</th>{run.handlings ? <th scope="col">{t('run.handling')}</th> : null}</tr></thead>
            <tbody>
              {run.outcomes.map((one) => (
                <tr key={one.letter}><td><span className={layout.id}>{one.subject ?? one.letter}</span></td><td className={layout.tight}>{one.event_type ?? '–'}</td><td><Badge tone={TONES[one.outcome]}>{t(`run.outcome_of.${one.outcome}`)}</Badge>{one.why ? <div className="dim">{one.why}</div> : null}</td>{run.handlings ? <td>{one.handling ? <HandlingOf handling={one.handling} /> : '–'}</td> : null}</tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </div>
  );
}
