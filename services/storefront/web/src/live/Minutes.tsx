import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Skeleton } from '@/ui/states';

import { MINUTES } from './data';
import styles from './live.module.css';
import type { Point } from './minutes';

const Chart = lazy(() => import('./Chart'));

/** Purchases by the minute, of both, for half an hour. */
export function Minutes({ points, names, ready }: { points: readonly Point[]; names: readonly [string, string]; ready: boolean }) {
  const { t } = useTranslation('live');
  const { count } = useFormats();
  const sum = (side: 'first' | 'second') => count(points.reduce((sum, point) => sum + point[side], 0));
  return (
    <section className={styles.card} aria-labelledby="minutes">
      <div className={styles.head}>
        <h2 id="minutes">{t('minutes.title')}</h2>
        <p className={styles.legend} aria-hidden>
          <span data-side="first">{names[0]}</span>
          <span data-side="second">{names[1]}</span>
        </p>
      </div>
      <p className="visually-hidden">{t('minutes.summary', { minutes: MINUTES, first: names[0], firstCount: sum('first'), second: names[1], secondCount: sum('second') })}</p>
      <div className={styles.plot}>
        {ready ? <Suspense fallback={<Skeleton height="100%" />}><Chart points={points} names={names} /></Suspense> : <Skeleton height="100%" />}
      </div>
    </section>
  );
}
