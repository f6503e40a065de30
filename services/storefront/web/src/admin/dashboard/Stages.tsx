import { useQuery } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Failed } from '@/ui/states';

import { STAGES } from '../orders/OrderFilters';
import styles from './dashboard.module.css';
import { stagesQuery } from './reads';

/** How many orders are in each state. Those that somebody has to ship stand out. */
export function Stages() {
  const { t } = useTranslation('admin');
  const { count: format } = useFormats();
  const { data, isError, error, refetch } = useQuery(stagesQuery);
  if (isError && !data) return <Failed error={error} again={() => void refetch()} />;
  return (
    <ul className={styles.stages} aria-label={t('dashboard.by_state')}>
      {STAGES.map((stage) => {
        const found = data?.find((one) => one.stage === stage);
        return (
          <li key={stage} data-act={(stage === 'paid' && (found?.count ?? 0) > 0) || undefined}>
            <Link to={`/admin/orders?status=${stage}`}>
              <span>{t(`stage.${stage}`)}</span>
              <strong className="numbers">{found ? `${format(found.count)}${found.more ? '+' : ''}` : '–'}</strong>
              <small>{t(`dashboard.stage.${stage}`)}<ArrowRight aria-hidden /></small>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
