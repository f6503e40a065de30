import { useTranslation } from 'react-i18next';

import styles from './hero.module.css';

/** What shopkeepers call out, a letter on each piece of cloth. */
const CALL = ['い', 'ら', 'っ', 'し', 'ゃ', 'い'];

/** The curtain over the shop's door. */
export function Hero() {
  const { t } = useTranslation('shop');
  return (
    <div className={styles.hero}>
      <div className={styles.rod} aria-hidden />
      <div className={styles.noren} aria-hidden>
        {CALL.map((letter, at) => <span key={at}>{letter}</span>)}
      </div>
      <div className={styles.words}>
        <h1>{t('hero.title')}</h1>
        <p>{t('hero.text')}</p>
      </div>
    </div>
  );
}
