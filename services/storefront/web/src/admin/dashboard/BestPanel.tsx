import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import styles from './dashboard.module.css';
import { soldQuery } from './reads';

const SHOWN = 5;

/** What was bought most since the shop began, without what came back. */
export function BestPanel() {
  const { t } = useTranslation('admin');
  const { count } = useFormats();
  const { data, isError, error, refetch } = useQuery(soldQuery);
  const best = data && [...data.products].filter(({ net }) => net > 0).sort((a, b) => b.net - a.net).slice(0, SHOWN);
  const most = best?.[0]?.net ?? 1;
  return (
    <Panel title={t('dashboard.best')} aside={t('dashboard.ever')}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : !best ? <Skeleton height="96px" /> : best.length === 0 ? <p className="dim">{t('dashboard.none_sold')}</p> : (
        <ol className={styles.list}>
          {best.map(({ product_id, name, net }) => (
            <li key={product_id}>
              <Link to={`/admin/products/${product_id}`}>{name}</Link>
              <span className="numbers">{t('dashboard.pieces', { count: net, n: count(net) })}</span>
              <span className={styles.meter} aria-hidden><span style={{ width: `${(net / most) * 100}%` }} /></span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
