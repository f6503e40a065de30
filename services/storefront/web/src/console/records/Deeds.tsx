import { useInfiniteQuery } from '@tanstack/react-query';
import { CirclePause, CirclePlay, Eye, Send, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Failed, Skeleton } from '@/ui/states';

import { type Action, ops } from '../api';
import layout from '../layout.module.css';

const ICONS: Record<Action, typeof Eye> = { uncover: Eye, redrive: Send, discard: Trash2, pause: CirclePause, resume: CirclePlay };

/** Who did what, when and why. */
export function Deeds() {
  const { t } = useTranslation('console');
  const { time } = useFormats();
  const deeds = useInfiniteQuery({ queryKey: ['console', 'records'], queryFn: ({ pageParam, signal }) => ops.records(pageParam, signal), initialPageParam: null as string | null, getNextPageParam: (page) => page.next_cursor });
  if (!deeds.data) return deeds.isError ? (deeds.error instanceof ProblemError && deeds.error.status === 404 ? null : <Failed error={deeds.error} again={() => void deeds.refetch()} />) : <Skeleton height="240px" />;
  const items = deeds.data.pages.flatMap((page) => page.items);
  return (
    <section className={layout.panel} aria-labelledby="deeds">
      <div className={layout.panelHead}><h2 id="deeds">{t('records.deeds')}</h2></div>
      {items.length === 0 ? <p className={`${layout.lead ?? ''} ${layout.padded ?? ''}`}>{t('records.no_deeds')}</p> : (
        <div className={layout.scroll} role="group" aria-labelledby="deeds" tabIndex={0}>
          <table className={layout.table}>
            <thead><tr><th scope="col">{t('records.at')}</th><th scope="col">{t('records.what')}</th><th scope="col">{t('records.where')}</th><th scope="col">{t('reason.label')}</th><th scope="col">{t('records.by')}</th></tr></thead>
            <tbody>
              {items.map((deed) => {
                const Icon = ICONS[deed.action];
                return (
                  <tr key={deed.id}>
                    <td className={`${layout.tight ?? ''} numbers`}>{time(deed.at)}</td>
                    <td className={layout.tight}><span className={layout.icon}><Icon size={15} aria-hidden />{t(`action.${deed.action}`)}</span></td>
                    <td>{deed.run ? <Link to={`/admin/operations/runs/${deed.run}`}>{deed.queue}</Link> : deed.queue}{deed.letter ? <div className={`${layout.id ?? ''} dim`}>{deed.letter}</div> : null}</td>
                    <td>{deed.reason}</td><td><span className={layout.id}>{deed.by}</span></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {deeds.hasNextPage ? <div className={layout.padded}><Button size="small" isPending={deeds.isFetchingNextPage} onPress={() => void deeds.fetchNextPage()}>{t('records.more')}</Button></div> : null}
    </section>
  );
}
