import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX, MinusCircle, RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Badge, Notice, Skeleton, type Tone } from '@/ui/states';

import { type Letter, ops, type Rehearsal, type RehearsalOutcome } from '../api';
import layout from '../layout.module.css';
import { AtWork } from '../parts/AtWork';
import { Term } from '../parts/Term';
import { sampleOf } from './choose';
import styles from './run.module.css';

const LOOKS: Record<RehearsalOutcome, { tone: Tone; Icon: typeof CircleCheck }> = {
  would_append: { tone: 'good', Icon: CircleCheck }, would_write: { tone: 'good', Icon: CircleCheck }, would_ignore: { tone: 'neutral', Icon: MinusCircle }, would_retry: { tone: 'warn', Icon: RotateCcw },
  would_set_aside: { tone: 'bad', Icon: CircleX }, not_rehearsed: { tone: 'neutral', Icon: CircleDashed }, unreadable: { tone: 'bad', Icon: CircleX }, not_found: { tone: 'neutral', Icon: CircleDashed },
};
const ORDER = Object.keys(LOOKS) as RehearsalOutcome[];

/** What the letters would do if they were sent now. Changes nothing. */
export function Rehearse({ queue, letters, count }: { queue: string; letters: Letter[]; count: number }) {
  const { t } = useTranslation('console');
  const sample = sampleOf(letters.map(({ id }) => id));
  const rehearsal = useQuery({ queryKey: ['console', 'rehearsal', queue, sample], queryFn: () => ops.rehearse(queue, sample), staleTime: 0, gcTime: 0, enabled: sample.length > 0, refetchOnWindowFocus: false });
  if (sample.length === 0) return <Notice>{t('rehearsal.nothing')}</Notice>;
  if (rehearsal.isError) return <AtWork error={rehearsal.error} again={() => void rehearsal.refetch()} />;
  if (!rehearsal.data) return <div className={layout.stack} role="status"><p className={layout.lead}>{t('rehearsal.runs', { count: sample.length })}</p><Skeleton height="260px" /></div>;
  const { items } = rehearsal.data;
  return (
    <div className={layout.stack}>
      <p className={layout.lead}><Term id="rehearsal" />{t('rehearsal.lead')}{sample.length < count ? ` ${t('rehearsal.sample', { sample: sample.length, count })}` : ''}</p>
      <ul className={styles.tally} aria-label={t('rehearsal.sum')}>
        {ORDER.filter((outcome) => items.some((item) => item.outcome === outcome)).map((outcome) => (
          <li key={outcome} data-tone={LOOKS[outcome].tone}><b>{items.filter((item) => item.outcome === outcome).length}</b><span>{t(`rehearsal.outcome.${outcome}`)}</span></li>
        ))}
      </ul>
      <ul className={styles.items} tabIndex={0} aria-label={t('rehearsal.each')}>
        {items.map((item) => <Item key={item.letter} item={item} />)}
      </ul>
    </div>
  );
}

function Item({ item }: { item: Rehearsal }) {
  const { t } = useTranslation('console');
  const { tone, Icon } = LOOKS[item.outcome];
  return (
    <li>
      <div className={styles.itemHead}><span className={layout.id}>{item.subject ?? item.letter}</span><Badge tone={tone}><Icon size={13} aria-hidden />{t(`rehearsal.outcome.${item.outcome}`)}</Badge></div>
      {item.why ? <p className="dim">{item.why}</p> : null}
      {item.events.map((event) => <p key={`${event.subject}${event.version}`} className={styles.event}><b>+ {event.type}</b> <span className={layout.id}>{event.subject}</span> <span className="dim">{t('rehearsal.version', { version: event.version })}</span></p>)}
      {item.found ? <Found found={item.found} /> : null}
      {item.asks.map((ask) => <p key={ask.what + ask.how} className={styles.event}><b>{ask.what}</b> <span className="dim">{ask.how}</span></p>)}
    </li>
  );
}

/** Why a letter would be ignored: what its handler looked at. */
function Found({ found: { stands, rows } }: { found: NonNullable<Rehearsal['found']> }) {
  const { t } = useTranslation('console');
  if (stands.length + rows.length === 0) return <p className="dim">{t('rehearsal.found_nothing')}</p>;
  return (
    <>
      <p className="dim">{t('rehearsal.found')}</p>
      {stands.map((event) => <p key={event.subject} className={styles.event}><span className={layout.id}>{event.subject}</span> <b>{event.type}</b> <span className="dim">{t('rehearsal.version', { version: event.version })}</span></p>)}
      {rows.map((row) => <p key={row} className={styles.event}><span className="dim">{row}</span></p>)}
    </>
  );
}
