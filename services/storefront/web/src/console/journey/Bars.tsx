import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import styles from './journey.module.css';
import { long } from './long';
import type { Scale, Span } from './scale';

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

/** Waiting and working of some steps on one line, with the marks and the moment behind them. Says nothing that the row's figures don't. */
export function Bars({ spans, scale, at, source }: { spans: readonly Span[]; scale: Scale; at: number; source: string }) {
  return (
    <div className={styles.bars} data-source={source} aria-hidden>
      {scale.ticks.map((tick) => <i key={tick.at} className={styles.tick} style={{ left: percent(tick.x) }} />)}
      {scale.gaps.map((gap) => <i key={gap.from} className={styles.gap} style={{ left: percent(gap.x), width: percent(gap.width) }} />)}
      {spans.map((span) => {
        const [start, received, end] = [scale.x(span.start), scale.x(span.received), scale.x(span.end)];
        const later = span.end > at ? styles.later : '';
        return (
          <span key={span.hop.id} className={later}>
            {received > start ? <i className={styles.waiting} style={{ left: percent(start), width: percent(received - start) }} /> : null}
            <i className={styles.working} style={{ left: percent(received), width: percent(end - received) }} />
          </span>
        );
      })}
      <i className={styles.cursor} style={{ left: percent(scale.x(at)) }} />
    </div>
  );
}

/** The axis above the bars: time since the order began, and how much a mark leaves out. */
export function Axis({ scale }: { scale: Scale }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  return (
    <div className={styles.axis} aria-hidden>
      {scale.ticks.map((tick) => <span key={tick.at} style={{ left: percent(tick.x) }}>{tick.after === 0 ? '0' : `${tick.behindMark ? '+' : ''}${duration(tick.after)}`}</span>)}
      {scale.gaps.map((gap) => <b key={gap.from} style={{ left: percent(gap.x + gap.width / 2) }}>{t('journey.gap', { time: long(gap.to - gap.from, duration) })}</b>)}
    </div>
  );
}
