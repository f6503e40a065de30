import { Check, CircleAlert, Hourglass, LoaderCircle } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Outcome } from '../logic/bulk';
import { useCommandText } from '../parts/Problem';
import styles from './bulk.module.css';

/** How it went with one of many, by a mark and in words. */
export function BulkOutcome({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation('admin');
  const text = useCommandText();
  if (outcome.state === 'waiting') return <span className={styles.outcome}><Hourglass aria-hidden />{t('bulk.waiting')}</span>;
  if (outcome.state === 'running') return <span className={styles.outcome}><LoaderCircle aria-hidden />{t('bulk.running')}</span>;
  if (outcome.state === 'done') return <span className={`${styles.outcome ?? ''} ${styles.good ?? ''}`}><Check aria-hidden />{t('bulk.done')}</span>;
  return <span className={`${styles.outcome ?? ''} ${styles.bad ?? ''}`}><CircleAlert aria-hidden />{text(outcome.error)}</span>;
}
