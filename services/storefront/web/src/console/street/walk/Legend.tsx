import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { KINDS } from './steps';
import type { Steps } from './useSteps';
import styles from './walk.module.css';

/** What the lanterns are, and what of it is not shown. */
export function Legend({ steps, leftOut, isStill }: { steps: Steps; leftOut: number; /** Nothing moves: there are no lanterns. */ isStill: boolean }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const of = steps.link === 'live' ? t(isStill ? 'walk.listed' : 'walk.live') : steps.link === 'lost' ? t('walk.lost') : t('walk.connecting');
  return (
    <p className={styles.legend}>
      <span role="status">{of}</span>
      {isStill ? null : KINDS.map((kind) => <span key={kind} className={`${styles.key ?? ''} ${styles[kind] ?? ''}`}>{t(`walk.kind.${kind}`)}</span>)}
      {steps.oneIn > 1 ? <span>{t('walk.sampled', { n: count(steps.oneIn) })}</span> : null}
      {leftOut > 0 ? <span>{t('walk.left_out', { count: leftOut, n: count(leftOut) })}</span> : null}
      {steps.missed ? <span>{t('walk.missed')}</span> : null}
    </p>
  );
}
