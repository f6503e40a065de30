import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Badge, Skeleton } from '@/ui/states';

import { ops } from '../api';
import layout from '../layout.module.css';
import { Trouble } from '../parts/Trouble';
import { STATES } from './RunPart';

/** Redrives and discards, newest first. */
export function Runs() {
  const { t } = useTranslation('console');
  const { time, count } = useFormats();
  const runs = useInfiniteQuery({ queryKey: ['console', 'runs'], queryFn: ({ pageParam, signal }) => ops.runs(pageParam, signal), initialPageParam: null as string | null, getNextPageParam: (page) => page.next_cursor, refetchInterval: 5_000 });
  if (!runs.data) return runs.isError ? <Trouble error={runs.error} again={() => void runs.refetch()} /> : <Skeleton height="180px" />;
  const items = runs.data.pages.flatMap((page) => page.items);
  return (
    <section className={layout.panel} aria-labelledby="runs">
      <div className={layout.panelHead}><h2 id="runs">{t('records.runs')}</h2></div>
      {items.length === 0 ? <p className={`${layout.lead ?? ''} ${layout.padded ?? ''}`}>{t('records.no_runs')}</p> : (
        <div className={layout.scroll} role="group" aria-labelledby="runs" tabIndex={0}>
          <table className={layout.table}>
            <thead><tr><th scope="col">{t('records.at')}</th><th scope="col">{t('records.what')}</th><th scope="col">{t('letters.queue')}</th><th scope="col" className={layout.right}>{t('records.settled')}</th><th scope="col">{t('figure.state')}</th><th scope="col">{t('reason.label')}</th></tr></thead>
            <tbody>
              {items.map((run) => (
                <tr key={run.id}>
                  <td className={layout.tight}><Link to={`/admin/operations/runs/${run.id}`}>{time(run.at)}</Link></td><td className={layout.tight}>{t(`action.${run.kind}`)}</td><td className={layout.tight}>{run.queue}</td>
                  <td className={layout.right}>{count(run.settled)} / {count(run.matching)}</td><td><Badge tone={STATES[run.state]}>{t(`run.state.${run.state}`)}</Badge></td><td>{run.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {runs.hasNextPage ? <div className={layout.padded}><Button size="small" isPending={runs.isFetchingNextPage} onPress={() => void runs.fetchNextPage()}>{t('records.more')}</Button></div> : null}
    </section>
  );
}
