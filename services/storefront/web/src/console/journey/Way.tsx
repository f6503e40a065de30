import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Schemas } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';

import layout from '../layout.module.css';
import { useKey } from '../parts/keys';
import { Term } from '../parts/Term';
import styles from './journey.module.css';
import { Lanes } from './Lanes';
import { Moment } from './Moment';
import { type Happened, momentsOf } from './past';
import { Receipt } from './Receipt';
import { scaleOf, spansOf } from './scale';
import { Then } from './Then';
import { Waterfall } from './Waterfall';

/** An order's way: the waterfall, the slider along it, and the order as it was where the slider stands. */
export function Way({ journey, history }: { journey: Schemas['OrderJourney']; history: Happened[] }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  const [isFull, show] = useState(true);
  const [chosen, choose] = useState<number | null>(null);
  const spans = useMemo(() => spansOf(journey.hops), [journey]);
  const scale = useMemo(() => scaleOf(spans), [spans]);
  const moments = useMemo(() => momentsOf(spans), [spans]);
  useKey('f', () => show((full) => !full));
  const index = Math.min(chosen ?? moments.length - 1, moments.length - 1);
  const at = moments[index]?.at ?? scale.to;
  const isNow = index === moments.length - 1;
  const { critical_path: critical } = journey;
  return (
    <div className={styles.way}>
      <section className={layout.panel} aria-labelledby="waterfall">
        <div className={layout.panelHead}>
          <h2 id="waterfall">{t('journey.waterfall')}</h2>
          <ul className={styles.legend}>
            <li><span className={styles.waits} aria-hidden /><Term id="waiting" /></li>
            <li><span className={styles.works} aria-hidden /><Term id="working" /></li>
            <li><span className={styles.star} aria-hidden>●</span><Term id="critical_path" /></li>
            {scale.gaps.length ? <li><span className={styles.gapSample} aria-hidden /><Term id="idle" /></li> : null}
          </ul>
          <Button size="small" onPress={() => show(!isFull)}>{isFull ? t('journey.compact') : t('journey.full')}</Button>
        </div>
        {isFull ? <Waterfall hops={journey.hops} spans={spans} scale={scale} at={at} critical={critical.ids} /> : <Lanes spans={spans} scale={scale} at={at} />}
        <Moment moments={moments} index={index} from={scale.from} choose={choose} />
        <p className={styles.sum}>{t('journey.sum', { ends: critical.ends_with, took: duration(critical.took / 1000), waiting: duration(critical.waiting / 1000), working: duration(critical.working / 1000) })}</p>
      </section>
      <div className={layout.stack}>
        <Then order={journey.order_id} history={history} at={at} isNow={isNow} />
        <Receipt order={journey.order_id} />
      </div>
    </div>
  );
}
