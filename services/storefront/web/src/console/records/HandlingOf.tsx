import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge, type Tone } from '@/ui/states';

import type { Handling, HandlingOutcome } from '../api';
import layout from '../layout.module.css';
import styles from '../letters/run.module.css';

const TONES: Record<HandlingOutcome, Tone> = { waiting: 'info', handled: 'good', ignored: 'neutral', dead_again: 'bad' };

/** What a consumer has made of a letter that was sent back, and why. */
export function HandlingOf({ handling }: { handling: Handling }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const { outcome, ignored, reason, why, events = [], wrote = [], attempts } = handling;
  const words = [reason, why].filter(Boolean).join(': ');
  return (
    <>
      <Badge tone={TONES[outcome]}>{t(`run.handling_of.${outcome}`)}</Badge>
      {ignored ? <p className="dim">{t(`run.ignored_for.${ignored}`)}</p> : null}
      {words ? <p className="dim">{words}</p> : null}
      {outcome === 'waiting' ? <p className="dim">{attempts ? t('run.tried', { count: attempts, times: count(attempts) }) : t('run.unheard')}</p> : null}
      {events.map((event) => (
        <p key={`${event.subject}${event.version}`} className={styles.event}>{outcome === 'handled' ? '+ ' : ''}<b>{event.type}</b> <span className={layout.id}>{event.subject}</span> <span className="dim">{t('rehearsal.version', { version: event.version })}</span></p>
      ))}
      {outcome === 'handled' && wrote.length > 0 ? <p className="dim">{t('run.wrote', { names: wrote.join(', ') })}</p> : null}
    </>
  );
}
