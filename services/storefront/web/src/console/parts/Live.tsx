import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import styles from './live.module.css';

/** Whether what is shown is of now: a dot that is still where the answers stopped. */
export function Live({ at, isBehind }: { at: string; isBehind: boolean }) {
  const { t } = useTranslation('console');
  const { time } = useFormats();
  return (
    <span className={`${styles.live ?? ''} ${isBehind ? (styles.behind ?? '') : ''}`}>
      <span className={styles.dot} aria-hidden />
      {isBehind ? t('live.behind', { at: time(at) }) : t('live.now')}
    </span>
  );
}
