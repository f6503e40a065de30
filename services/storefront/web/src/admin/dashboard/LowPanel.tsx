import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import { whole } from '../parts/whole';
import { FEW, StockCount } from '../products/StockCount';
import styles from './dashboard.module.css';
import { lowQuery } from './reads';

/** Products of which few pieces are left, the fewest first. */
export function LowPanel() {
  const { t } = useTranslation('admin');
  const { data, isError, error, refetch } = useQuery(lowQuery);
  const rows = whole(data?.items).rows?.filter(({ on_sale }) => on_sale);
  return (
    <Panel title={t('dashboard.low')} aside={<Link to={`/admin/stock?below=${FEW}&sort=available`}>{t('dashboard.all')}</Link>}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : !rows ? <Skeleton height="96px" /> : rows.length === 0 ? <p className="dim">{t('dashboard.none_low', { count: FEW })}</p> : (
        <ul className={styles.list}>
          {rows.map(({ product_id, name, available }) => <li key={product_id}><Link to={`/admin/products/${product_id}`}>{name ?? product_id}</Link><StockCount count={available} /></li>)}
        </ul>
      )}
    </Panel>
  );
}
