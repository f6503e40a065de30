import { Navigate, useLocation } from 'react-router';

import { linkedOrder } from '@/shop/data/links';
import { Skeleton } from '@/ui/states';

import { useRivals } from './data';
import styles from './live.module.css';
import { Street } from './Street';

/** The page of the two rivals. Links of old mails lead here, too: they go on to their order. */
export function Component() {
  const { hash, search } = useLocation();
  const pair = useRivals();
  const order = linkedOrder(hash, search);
  if (order) return <Navigate to={order} replace />;
  if (pair) return <Street key={pair.join(' ')} pair={pair} />;
  return (
    <div className={styles.street}>
      <Skeleton height="92px" width="min(520px, 90%)" />
      <div className={styles.rivals}><Skeleton height="clamp(280px, 30vw, 340px)" /><Skeleton height="clamp(280px, 30vw, 340px)" /></div>
    </div>
  );
}
