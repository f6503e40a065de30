import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { Axis, Bars } from './Bars';
import styles from './journey.module.css';
import type { Scale, Span } from './scale';

/** One row for each service: where the time went at a glance. */
export function Lanes({ spans, scale, at }: { spans: readonly Span[]; scale: Scale; at: number }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  const sources = [...new Set(spans.map(({ hop }) => hop.source))];
  const sum = (numbers: (number | undefined)[]) => duration(numbers.reduce<number>((sum, n) => sum + (n ?? 0), 0) / 1000);
  return (
    <div className={`${styles.table ?? ''} ${styles.lanes ?? ''}`} role="table" aria-label={t('journey.waterfall')}>
      <div className={`${styles.line ?? ''} ${styles.lineHead ?? ''}`} role="row">
        <span role="columnheader">{t('journey.service')}</span>
        <span className={styles.cell} role="columnheader"><span className="visually-hidden">{t('journey.when')}</span><Axis scale={scale} /></span>
        <span className={styles.figure} role="columnheader">{t('journey.waiting')}</span>
        <span className={styles.figure} role="columnheader">{t('journey.working')}</span>
      </div>
      {sources.map((source) => {
        const ours = spans.filter(({ hop }) => hop.source === source);
        // Steps of one commit waited and worked together: they count once.
        const once = [...new Map(ours.map((span) => [`${span.received}`, span])).values()];
        return (
          <div key={source} className={styles.line} role="row">
            <span className={styles.name} role="rowheader" data-source={source}><i className={styles.dot} aria-hidden /><span>{source}<small>{t('journey.steps', { count: ours.length })}</small></span></span>
            <span className={styles.cell} role="cell"><Bars spans={ours} scale={scale} at={at} source={source} /></span>
            <span className={styles.figure} role="cell">{sum(once.map(({ hop }) => hop.waiting))}</span>
            <span className={styles.figure} role="cell">{sum(once.map((span) => Math.max(...ours.filter((other) => other.received === span.received).map(({ hop }) => hop.working ?? 0))))}</span>
          </div>
        );
      })}
    </div>
  );
}
