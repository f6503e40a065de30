import { SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react';
import { Label, Slider, SliderThumb, SliderTrack } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';

import { useEventName } from '../parts/EventName';
import styles from './journey.module.css';
import { long } from './long';
import type { Span } from './scale';

/** Through time, from one thing that happened to the next. The last of them is now. */
export function Moment({ moments, index, from, choose }: { moments: { at: number; spans: Span[] }[]; index: number; from: number; choose: (index: number | null) => void }) {
  const { t } = useTranslation('console');
  const { duration } = useFormats();
  const name = useEventName();
  const last = moments.length - 1;
  const go = (to: number) => choose(to >= last ? null : Math.max(0, to));
  const moment = moments[index];
  if (!moment) return null;
  const types = moment.spans.map(({ hop }) => name(hop.type, hop.mail)).join(' + ');
  return (
    <div className={styles.moment}>
      <div className={styles.steps}>
        <Button look="quiet" size="small" icon aria-label={t('moment.first')} isDisabled={index === 0} onPress={() => go(0)}><SkipBack aria-hidden /></Button>
        <Button look="quiet" size="small" icon aria-label={t('moment.before')} isDisabled={index === 0} onPress={() => go(index - 1)}><StepBack aria-hidden /></Button>
      </div>
      <Slider className={styles.slider ?? ''} value={index} minValue={0} maxValue={Math.max(last, 0)} onChange={(value) => go(value)} isDisabled={last < 1}>
        <Label className="visually-hidden">{t('moment.label')}</Label>
        <SliderTrack className={styles.track ?? ''}>
          {moments.map((one, n) => <i key={one.at} className={styles.stop} style={{ left: `${last ? (100 * n) / last : 0}%` }} data-past={n <= index} aria-hidden />)}
          <SliderThumb className={styles.thumb ?? ''} aria-valuetext={`${types} ${long(moment.at - from, duration)}`} />
        </SliderTrack>
      </Slider>
      <div className={styles.steps}>
        <Button look="quiet" size="small" icon aria-label={t('moment.after')} isDisabled={index === last} onPress={() => go(index + 1)}><StepForward aria-hidden /></Button>
        <Button look="quiet" size="small" icon aria-label={t('moment.now')} isDisabled={index === last} onPress={() => go(last)}><SkipForward aria-hidden /></Button>
      </div>
      <p className={styles.said} aria-live="polite"><b>{types}</b> <span className="dim numbers">{t('moment.at', { time: long(Math.max(0, moment.at - from), duration) })}{index === last ? ` · ${t('moment.is_now')}` : ''}</span></p>
    </div>
  );
}
