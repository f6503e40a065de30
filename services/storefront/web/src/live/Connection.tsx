import { Radio, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import type { Link } from './feed';
import styles from './live.module.css';

/** Whether what is shown is what is true now, said calmly. */
export function Connection({ link }: { link: Link }) {
  const { t } = useTranslation('live');
  const Mark = link === 'live' ? Radio : RefreshCw;
  return (
    <p className={styles.link} data-link={link} role="status">
      <Mark aria-hidden />
      {t(`link.${link}`)}
    </p>
  );
}
