import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { EventName } from '../parts/EventName';
import { Axis, Bars } from './Bars';
import styles from './journey.module.css';
import type { Hop, Scale, Span } from './scale';

/** One row for each step. */
export function Waterfall({ hops, spans, scale, at, critical }: { hops: readonly Hop[]; spans: readonly Span[]; scale: Scale; at: number; critical: readonly string[] }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  const micros = (value: number | undefined) => (value === undefined ? '–' : duration(value / 1000));
  const untimed = hops.filter((hop) => !hop.time);
  const rows = [...spans.map((span) => ({ hop: span.hop, spans: [span] })), ...untimed.map((hop) => ({ hop, spans: [] as Span[] }))];
  return (
    <div className={styles.table} role="table" aria-label={t('journey.waterfall')}>
      <div className={`${styles.line ?? ''} ${styles.lineHead ?? ''}`} role="row">
        <span role="columnheader">{t('journey.step')}</span>
        <span className={styles.cell} role="columnheader"><span className="visually-hidden">{t('journey.when')}</span><Axis scale={scale} /></span>
        <span className={styles.figure} role="columnheader">{t('journey.waiting')}</span>
        <span className={styles.figure} role="columnheader">{t('journey.working')}</span>
      </div>
      {rows.map(({ hop, spans }) => (
        <div key={hop.id} className={styles.line} role="row" data-later={spans[0] ? spans[0].end > at : undefined}>
          <span className={styles.name} role="rowheader" data-source={hop.source}>
            <i className={styles.dot} aria-hidden />
            <span><EventName type={hop.type} mail={hop.mail} />{critical.includes(hop.id) ? <span className={styles.star} title={t('terms.critical_path.name')}><span aria-hidden>●</span><span className="visually-hidden">{t('terms.critical_path.name')}</span></span> : null}<small>{hop.source}{hop.receives && hop.receives > 1 ? ` · ${t('journey.receives', { count: hop.receives })}` : ''}</small></span>
          </span>
          <span className={styles.cell} role="cell"><Bars spans={spans} scale={scale} at={at} source={hop.source} /><span className="visually-hidden">{spans[0] ? duration(spans[0].end - scale.from) : t('journey.no_time')}</span>{spans.length === 0 ? <em className={styles.untimed}>{t('journey.no_time')}</em> : null}</span>
          <span className={styles.figure} role="cell">{micros(hop.waiting)}</span>
          <span className={styles.figure} role="cell">{micros(hop.working ?? (hop.waiting === undefined ? hop.took : undefined))}</span>
        </div>
      ))}
    </div>
  );
}
