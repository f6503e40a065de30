import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { Group } from '../api';
import { keyOf } from './choose';
import styles from './letters.module.css';

/** Causes, those of most letters first. */
export function Groups({ groups, chosen, choose }: { groups: Group[]; chosen: Group; choose: (group: Group) => void }) {
  const { t } = useTranslation('console');
  const { count, ago } = useFormats();
  return (
    <nav className={styles.groups} aria-label={t('letters.causes')}>
      {groups.map((group) => (
        <button key={keyOf(group)} type="button" aria-current={keyOf(group) === keyOf(chosen)} onClick={() => choose(group)}>
          <span className={styles.count}>{count(group.count)}</span>
          <span className={styles.what}>
            <span className={styles.error}>{group.error}</span>
            <span className={styles.where}>{group.reason} · {group.queue}{group.event_type ? ` · ${group.event_type}` : ''}</span>
            {group.last_seen ? <span className={styles.where}>{t('letters.last', { ago: ago(group.last_seen) })}</span> : null}
          </span>
        </button>
      ))}
    </nav>
  );
}
