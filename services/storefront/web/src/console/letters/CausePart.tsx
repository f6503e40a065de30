import { useQuery } from '@tanstack/react-query';
import { FlaskConical, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Notice, Skeleton } from '@/ui/states';

import { type Group, type Letter, type LetterQueue, ops, type RunKind } from '../api';
import layout from '../layout.module.css';
import { AtWork } from '../parts/AtWork';
import { Term } from '../parts/Term';
import { causeOf, isOf, NAMED } from './choose';
import styles from './letters.module.css';
import { LetterSheet } from './LetterSheet';
import { LetterTable } from './LetterTable';
import type { Asked } from './RunDialog';

/** A cause: what it says, its letters, and what can be done with some or all of them. */
export function CausePart({ group, queue, ask }: { group: Group; queue: LetterQueue | undefined; ask: (asked: Asked) => void }) {
  const { t, i18n } = useTranslation('console');
  const { count, time } = useFormats();
  const [marked, mark] = useState<ReadonlySet<string>>(new Set());
  const [read, open] = useState<Letter | null>(null);
  const letters = useQuery({ queryKey: ['console', 'letters', group.queue], queryFn: ({ signal }) => ops.letters(group.queue, signal) });
  const ours = letters.data?.items.filter((letter) => isOf(letter, group)) ?? [];
  const named = ours.filter((letter) => marked.has(letter.id)).slice(0, NAMED);
  const of = (kind: RunKind): Asked => named.length > 0
    ? { kind, chosen: { queue: group.queue, letters: named.map(({ id }) => id) }, count: named.length, letters: named }
    : { kind, chosen: { queue: group.queue, cause: causeOf(group) }, count: group.count, letters: ours };
  const all = (): Asked => ({ kind: 'redrive', chosen: { queue: group.queue }, count: queue?.letters ?? 0, letters: letters.data?.items ?? [] });
  const known = `letters.reason.${group.reason}`;
  const fixed = ours.find((letter) => letter.not_redrivable)?.not_redrivable;
  return (
    <section className={`${layout.panel ?? ''} ${styles.cause ?? ''}`} aria-labelledby="cause">
      <div className={styles.about}>
        <h2 id="cause">{group.error}</h2>
        {i18n.exists(known, { ns: 'console' }) ? <p className={layout.lead}>{t(known as 'letters.reason.exhausted')}</p> : null}
        <dl className={layout.facts}>
          <dt>{t('letters.reason_label')}</dt><dd><code>{group.reason}</code></dd>
          <dt>{t('letters.queue')}</dt><dd>{group.queue} → {queue?.target ?? '–'}</dd>
          {group.event_type ? <><dt>{t('letters.type')}</dt><dd>{group.event_type}</dd></> : null}
          {group.first_seen && group.last_seen ? <><dt>{t('letters.seen')}</dt><dd className="numbers">{time(group.first_seen)} – {time(group.last_seen)}</dd></> : null}
        </dl>
        {fixed ? <Notice tone="warn">{t('letters.not_redrivable', { why: fixed })}</Notice> : null}
        <div className={layout.row}>
          <Button look="primary" isDisabled={!letters.data || fixed !== undefined} onPress={() => ask(of('redrive'))}><FlaskConical aria-hidden />{t('letters.rehearse', { count: named.length || group.count })}</Button>
          <Button look="danger" isDisabled={!letters.data} onPress={() => ask(of('discard'))}><Trash2 aria-hidden />{t('letters.discard', { count: named.length || group.count })}</Button>
          {queue && queue.letters > group.count ? <Button look="quiet" isDisabled={!letters.data} onPress={() => ask(all())}>{t('letters.all_of', { queue: group.queue, count: queue.letters })}</Button> : null}
        </div>
        <p className={layout.lead}><Term id="rehearsal" /> → <Term id="redrive" />{t('letters.first')}</p>
      </div>
      {letters.data ? <LetterTable letters={ours} marked={marked} mark={mark} open={open} /> : letters.isError ? <AtWork error={letters.error} again={() => void letters.refetch()} /> : <Skeleton height="240px" />}
      {letters.data && ours.length < group.count ? <p className={styles.some}>{t('letters.some', { shown: count(ours.length), all: count(group.count) })}</p> : null}
      <LetterSheet queue={group.queue} letter={read} onClose={() => open(null)} />
    </section>
  );
}
