import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { Street } from '../api';
import { Term } from '../parts/Term';
import type { TermId } from '../parts/terms';
import styles from './street.module.css';

/** The street in five figures. */
export function Summary({ street }: { street: Street }) {
  const { t } = useTranslation('console');
  const { count, duration } = useFormats();
  const sum = (numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0);
  const letters = sum([...street.queues, ...street.set_aside].map((queue) => queue.dead_letters));
  const lag = Math.max(0, ...street.stream.shards.map((shard) => shard.lag_ms ?? 0));
  const rate = sum(street.consumers.map((consumer) => consumer.handled_per_second ?? 0));
  const ready = street.processes.filter((process) => process.ready).length;
  const figures: { key: 'handled' | 'waiting' | 'lag' | 'letters' | 'processes'; term: TermId; value: string; tone: '' | 'warn' | 'bad' }[] = [
    { key: 'handled', term: 'rate', value: t('figure.per_second', { n: rate < 10 ? rate.toFixed(1) : Math.round(rate) }), tone: '' },
    { key: 'waiting', term: 'queue', value: count(sum(street.queues.map((queue) => queue.waiting))), tone: '' },
    { key: 'lag', term: 'lag', value: duration(Math.max(lag, 1)), tone: lag >= 30_000 ? 'bad' : lag >= 2_000 ? 'warn' : '' },
    { key: 'letters', term: 'dead_letter', value: count(letters), tone: letters > 0 ? 'warn' : '' },
    { key: 'processes', term: 'process', value: `${ready} / ${street.processes.length}`, tone: ready < street.processes.length ? 'bad' : '' },
  ];
  return (
    <dl className={styles.summary}>
      {figures.map(({ key, term, value, tone }) => (
        <div key={key}>
          <dt><Term id={term}>{t(`summary.${key}`)}</Term></dt>
          <dd className={tone ? styles[tone] : undefined}>{value}{tone ? <span className="visually-hidden"> {t(`tone.${tone}`)}</span> : null}</dd>
        </div>
      ))}
    </dl>
  );
}
