import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import styles from './live.module.css';
import { Sweet } from './Sweet';
import type { Entry } from './ticker';

/** The latest purchases of everybody, own ones marked. Not announced: it may move several times a second. */
export function Latest({ entries, nameOf, now }: { entries: readonly Entry[]; nameOf: (product: string) => string; now: Date }) {
  const { t } = useTranslation('live');
  const { ago } = useFormats();
  return (
    <section className={styles.card} aria-labelledby="latest">
      <h2 id="latest">{t('latest.title')}</h2>
      {entries.length === 0 ? <p className={styles.quiet}>{t('latest.none')}</p> : (
        <ul className={styles.lines}>
          {entries.map(({ id, product, pieces, mine, at }) => (
            <li key={id} className={styles.line} data-mine={mine > 0}>
              <Sweet product={product} small />
              <span className={styles.what}>{nameOf(product)}</span>
              {mine > 0 ? <span className={styles.mine}>{pieces === mine ? t('latest.you') : t('latest.you_too')}</span> : null}
              <span className={`${styles.pieces ?? ''} numbers`}>+{pieces}</span>
              <time className={styles.when} dateTime={new Date(at).toISOString()}>{ago(new Date(Math.min(at, now.getTime())), now)}</time>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
