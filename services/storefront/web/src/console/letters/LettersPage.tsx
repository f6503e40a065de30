import { useQuery } from '@tanstack/react-query';
import { MailCheck, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';

import { Button } from '@/ui/Button';
import { Select } from '@/ui/Field';
import { Empty, Notice, Skeleton } from '@/ui/states';

import { type DeadLetters, ops } from '../api';
import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import { Trouble } from '../parts/Trouble';
import { CausePart } from './CausePart';
import { filtered, keyOf } from './choose';
import { Groups } from './Groups';
import styles from './letters.module.css';
import { type Asked, RunDialog } from './RunDialog';

/** Looking takes the API a second or two, so it's not done each second. */
const EVERY_MS = 15_000;
const ALL = 'all';

export function Component() {
  const { t } = useTranslation('console');
  const letters = useQuery({ queryKey: ['console', 'letters'], queryFn: ({ signal }) => ops.deadLetters(signal), refetchInterval: EVERY_MS });
  // Here, and not beside the cause: that is gone as soon as its last letter is sent, and its outcome still to be read.
  const [asked, ask] = useState<Asked | null>(null);
  return (
    <>
      <div className={layout.head}>
        <h1>{t('letters.title')}</h1>
        <Button size="small" isPending={letters.isFetching} onPress={() => void letters.refetch()}><RefreshCw aria-hidden />{t('letters.look')}</Button>
      </div>
      <p className={layout.lead}><Term id="dead_letter" />{t('letters.lead')}</p>
      {letters.data ? <Found letters={letters.data} ask={ask} /> : letters.isError ? <Trouble error={letters.error} again={() => void letters.refetch()} /> : <Skeleton height="480px" />}
      {asked ? <RunDialog {...asked} onClose={() => ask(null)} /> : null}
    </>
  );
}

function Found({ letters, ask }: { letters: DeadLetters; ask: (asked: Asked) => void }) {
  const { t } = useTranslation('console');
  const [parameters, change] = useSearchParams();
  const set = (values: Record<string, string | null>) => change((before) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === ALL) before.delete(name);
      else before.set(name, value);
    }
    return before;
  }, { replace: true, preventScrollReset: true });
  const filter = { queue: parameters.get('queue'), type: parameters.get('type') };
  const groups = filtered(letters.groups, filter);
  const chosen = groups.find((group) => keyOf(group) === parameters.get('cause')) ?? groups[0];
  const types = [...new Set(letters.groups.flatMap((group) => group.event_type ?? []))].sort();
  // A process of an earlier release does not tell of any.
  const busy = letters.busy ?? [];
  const isSeen = busy.length === 0 && letters.unreadable.length === 0;
  const partly = letters.queues.filter((queue) => !queue.complete);
  return (
    <>
      {letters.unreadable.map(({ queue, why }) => <Notice key={queue} tone="warn">{t('letters.unreadable', { queue, why })}</Notice>)}
      {busy.map((queue) => <Notice key={queue}>{t('letters.busy', { queue })}</Notice>)}
      {partly.map(({ queue, seen, letters }) => <Notice key={queue}>{t('letters.partly', { queue, seen, letters })}</Notice>)}
      <div className={styles.filters}>
        <Select label={t('letters.queue')} value={filter.queue ?? ALL} onChange={(queue) => set({ queue, cause: null })}
          choices={[{ id: ALL, text: t('letters.all_queues') }, ...letters.queues.map(({ queue, letters }) => ({ id: queue, text: `${queue} (${letters})` }))]} />
        <Select label={t('letters.type')} value={filter.type ?? ALL} onChange={(type) => set({ type, cause: null })}
          choices={[{ id: ALL, text: t('letters.all_types') }, ...types.map((type) => ({ id: type, text: type }))]} />
      </div>
      {chosen ? (
        <div className={styles.split}>
          <Groups groups={groups} chosen={chosen} choose={(group) => set({ cause: keyOf(group) })} />
          <CausePart key={keyOf(chosen)} group={chosen} queue={letters.queues.find(({ queue }) => queue === chosen.queue)} ask={ask} />
        </div>
      ) : (
        <Empty icon={<MailCheck aria-hidden />} title={filter.queue ?? filter.type ? t('letters.none_here') : t(isSeen ? 'letters.none' : 'letters.none_seen')}>
          <p>{t('letters.none_text')}</p>
          {filter.queue ?? filter.type ? <Button onPress={() => set({ queue: null, type: null })}>{t('letters.clear')}</Button> : null}
        </Empty>
      )}
    </>
  );
}
