import { useTranslation } from 'react-i18next';

import { Dialog } from '@/ui/Dialog';

import styles from './help.module.css';
import { type Place, PLACES, turnKeys, useKeysOn } from './parts/keys';
import { TERMS } from './parts/terms';

const HERE = ['?', 'f', '←  →', 'Esc'] as const;

/** Keys, and all words in one list. */
export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('console');
  const on = useKeysOn();
  return (
    <Dialog title={t('help.title')} open={open} onClose={onClose} wide>
      <section className={styles.part}>
        <h3>{t('help.keys')}</h3>
        <dl className={styles.keys}>
          {HERE.map((key) => (
            <div key={key}><dt><kbd>{key}</kbd></dt><dd>{t(`help.key.${({ '?': 'help', f: 'form', '←  →': 'slide', Esc: 'close' } as const)[key]}`)}</dd></div>
          ))}
          {(Object.keys(PLACES) as Place[]).map((key) => (
            <div key={key}><dt><kbd>g</kbd> <kbd>{key}</kbd></dt><dd>{t(`help.key.${key}`)}</dd></div>
          ))}
        </dl>
        <label className={styles.turn}><input type="checkbox" checked={on} onChange={(event) => turnKeys(event.target.checked)} /> {t('help.on')}</label>
      </section>
      <section className={styles.part}>
        <h3>{t('help.words')}</h3>
        <dl className={styles.words}>
          {TERMS.map((id) => <div key={id}><dt>{t(`terms.${id}.name`)}</dt><dd>{t(`terms.${id}.text`)}</dd></div>)}
        </dl>
      </section>
    </Dialog>
  );
}
