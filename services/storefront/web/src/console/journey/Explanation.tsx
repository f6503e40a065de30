import { useQuery } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { unlessRefused } from '@/app/polling';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Badge, Failed, Notice, Skeleton, type Tone } from '@/ui/states';

import { type Awaited, type Cause, ops } from '../api';
import layout from '../layout.module.css';
import { Copy } from '../parts/Copy';
import styles from './explanation.module.css';

const TONES: Record<Cause['certainty'], Tone> = { certain: 'bad', likely: 'warn', possible: 'neutral' };

/** Why the order is where it is: what is awaited, of whom, what is in the way, and what to do. */
export function Explanation({ order }: { order: string }) {
  const { t } = useTranslation('console');
  const query = useQuery({
    queryKey: ['console', 'explanation', order], queryFn: ({ signal }) => ops.explanation(order, signal),
    // Each look hides dead letters from others for a moment: what is decided is not looked at again.
    refetchInterval: ({ state }) => unlessRefused(state, state.data && state.data.awaited.length === 0 ? false : 10_000),
  });
  const explanation = query.data;
  return (
    <section className={layout.panel} aria-labelledby="explanation">
      <div className={layout.panelHead}>
        <h2 id="explanation">{t('explanation.title')}</h2>
        <Button look="quiet" size="small" icon aria-label={t('explanation.look')} onPress={() => void query.refetch()}><RotateCw aria-hidden /></Button>
      </div>
      {explanation ? (
        <>
          {explanation.awaited.length === 0 ? <p className={layout.padded}>{t('explanation.nothing')}</p> : null}
          {explanation.awaited.map((awaited) => <Deed key={awaited.of + awaited.deed + awaited.message.id} awaited={awaited} />)}
          {explanation.unknown.map(({ part, why }) => <div key={part + why} className={layout.padded}><Notice tone="warn">{t('explanation.unknown', { part, why })}</Notice></div>)}
        </>
      ) : query.isError ? <Failed error={query.error} again={() => void query.refetch()} /> : <div className={layout.padded}><Skeleton height="80px" /></div>}
    </section>
  );
}

function Deed({ awaited }: { awaited: Awaited }) {
  const { t } = useTranslation('console');
  const { ago, time } = useFormats();
  const text = useText();
  return (
    <div className={styles.deed} data-source={awaited.of}>
      <h3>{t('explanation.awaited', { who: awaited.of, what: text('deed', awaited.deed) })}</h3>
      <p className={layout.lead}>{t('explanation.since', { time: time(awaited.since), ago: ago(awaited.since) })}</p>
      <dl className={layout.facts}>
        <dt>{t('explanation.message')}</dt><dd>{t('explanation.message_by', { type: awaited.message.type, queue: awaited.queue })}</dd>
        <dt>{t('explanation.where')}</dt><dd>{text('place', awaited.place)}</dd>
      </dl>
      <ul className={styles.causes} aria-label={t('explanation.why')}>
        {awaited.causes.map((cause) => <Why key={cause.cause + (cause.letter ?? cause.queue ?? '')} cause={cause} />)}
      </ul>
    </div>
  );
}

function Why({ cause }: { cause: Cause }) {
  const { t } = useTranslation('console');
  const { ago } = useFormats();
  const text = useText();
  const { queue = '–', reason = '–', service = '–', shard = '–' } = cause;
  return (
    <li>
      <p className={layout.row}>
        <Badge tone={TONES[cause.certainty]}>{text('certainty', cause.certainty)}</Badge>
        <span>{text('cause', cause.cause, { queue, reason, service, shard })}</span>
        <small className={layout.lead}>{ago(cause.since)}</small>
      </p>
      {cause.why ? <p className={layout.lead}>{cause.why}</p> : null}
      {Object.entries(cause.down ?? {}).map(([what, said]) => <p key={what} className={layout.lead}><code>{what}</code> {said}</p>)}
      {cause.command ? <Copy text={cause.command} label={t('explanation.copy', { command: cause.command })} /> : null}
      {cause.command?.endsWith('--dry-run') ? <p className={layout.lead}>{t('explanation.dry_run')}</p> : null}
    </li>
  );
}

/** Text for a word of the API; the word itself where a newer release has one more. */
function useText(): (kind: 'deed' | 'place' | 'certainty' | 'cause', word: string, values?: Record<string, string>) => string {
  const { t, i18n } = useTranslation('console');
  // Its keys are known when the API has answered.
  const say = t as unknown as (key: string, values: Record<string, string>) => string;
  return (kind, word, values = {}) => {
    const key = `explanation.${kind}.${word}`;
    return i18n.exists(key, { ns: 'console' }) ? say(key, values) : word;
  };
}
