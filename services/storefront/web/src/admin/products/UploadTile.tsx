import { ImageOff, X } from 'lucide-react';
import { ProgressBar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';

import { useCommandText } from '../parts/Problem';
import styles from './products.module.css';
import type { Upload } from './uploads';

/** A picture on its way, or why it did not go. */
export function UploadTile({ upload, onAgain, onForget }: { upload: Upload; onAgain: () => void; onForget: () => void }) {
  const { t } = useTranslation('admin');
  const { progress: done } = useFormats();
  const text = useCommandText();
  const { state, progress, file, fault, seen } = upload;
  return (
    <li className={styles.image}>
      <div className={styles.frame}>
        {seen ? <img src={seen} alt="" /> : <ImageOff aria-hidden />}
        {state === 'failed' ? <Button size="small" look="quiet" icon aria-label={t('images.forget')} onPress={onForget}><X aria-hidden /></Button> : null}
      </div>
      <span className={styles.caption}>
        <span>{file.name}</span>
        {state === 'failed' ? (
          <span role="alert">{fault ? t(`images.fault.${fault}`) : text(upload.error)} {fault ? null : <Button size="small" onPress={onAgain}>{t('images.again')}</Button>}</span>
        ) : (
          <ProgressBar value={progress * 100} valueLabel={done(progress)} aria-label={t('images.sending', { name: file.name })}>
            <div className={styles.track}><div style={{ width: `${Math.round(progress * 100)}%` }} /></div>
            <span className="numbers">{done(progress)}</span>
          </ProgressBar>
        )}
      </span>
    </li>
  );
}
