import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Skeleton } from '@/ui/states';

import type { Product } from '../data/products';
import { Card } from './Card';
import styles from './home.module.css';

/** Products side by side. `more` brings the next ones. `stale`: others are being looked for. */
export function Grid({ products, stale, more, busy }: { products: readonly Product[]; stale: boolean; more?: () => void; busy: boolean }) {
  const { t } = useTranslation('shop');
  return (
    <>
      <ul className={styles.grid} aria-busy={stale} data-stale={stale || undefined}>
        {products.map((product) => <Card key={product.product_id} product={product} />)}
      </ul>
      {more ? <div className={styles.more}><Button onPress={more} isPending={busy}>{t('more')}</Button></div> : null}
    </>
  );
}

/** The grid before anything is known: cards of the same size. */
export function GridSkeleton() {
  return (
    <div className={styles.grid} aria-hidden>
      {Array.from({ length: 8 }, (_, at) => (
        <div key={at} className={styles.card}>
          <div className={styles.picture}><Skeleton height="100%" /></div>
          <div className={styles.text}>
            <Skeleton height="22px" width="70%" />
            <Skeleton height="26px" width="40%" />
            <Skeleton height="40px" />
          </div>
        </div>
      ))}
    </div>
  );
}
