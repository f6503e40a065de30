import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { share } from './board';
import styles from './live.module.css';

/** The two shares as one bar that both pull at. */
export function Tug({ names, counts }: { names: readonly [string, string]; counts: readonly [number | null, number | null] }) {
  const { t } = useTranslation('live');
  const { percent, count } = useFormats();
  const [first, second] = [counts[0] ?? 0, counts[1] ?? 0];
  const part = share(first, second);
  const known = counts[0] !== null && first + second > 0;
  return (
    <div className={styles.tug}>
      <div className={styles.shares}>
        <span className="numbers">{names[0]} <b>{known ? percent(part) : ''}</b></span>
        <span className="numbers"><b>{known ? percent(1 - part) : ''}</b> {names[1]}</span>
      </div>
      <div className={styles.track} role="img" aria-label={t('bar', { first: names[0], firstCount: count(first), second: names[1], secondCount: count(second) })}>
        <span className={styles.pull} style={{ width: `${part * 100}%` }} />
        <span className={styles.knot} style={{ insetInlineStart: `${part * 100}%` }} />
      </div>
    </div>
  );
}
