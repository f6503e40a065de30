import { ProgressBar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Notice } from '@/ui/states';

import type { Count } from '../logic/bulk';
import styles from './bulk.module.css';

/** How far a bulk action has come, and how it ended. */
export function BulkProgress({ count, isOver }: { count: Count; isOver: boolean }) {
  const { t } = useTranslation('admin');
  const ended = count.done + count.failed;
  return (
    <div className={styles.progress}>
      <ProgressBar value={ended} maxValue={Math.max(1, count.all)} aria-label={t('bulk.progress')}>
        {({ percentage }) => <div className={styles.track}><div style={{ width: `${percentage ?? 0}%` }} /></div>}
      </ProgressBar>
      <p className="numbers" aria-live="polite">{t('bulk.so_far', { done: count.done, failed: count.failed, all: count.all })}</p>
      {isOver ? (
        count.failed > 0 ? <Notice tone="warn" alert>{t('bulk.some_failed', { count: count.failed })}</Notice>
          : count.done < count.all ? <Notice tone="info">{t('bulk.stopped')}</Notice> : <Notice tone="good">{t('bulk.all_done')}</Notice>
      ) : null}
    </div>
  );
}
