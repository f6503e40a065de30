import { X } from 'lucide-react';
import { Button, Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as ToastRegion } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import styles from './toast.module.css';

const queue = new ToastQueue<{ text: string }>({ maxVisibleToasts: 3 });

/** Says something in passing: what was done. What went wrong stays on the page instead. */
export function say(text: string): void {
  queue.add({ text }, { timeout: 5_000 });
}

export function Toasts() {
  const { t } = useTranslation();
  return (
    <ToastRegion queue={queue} className={styles.region ?? ''}>
      {({ toast }) => (
        <Toast toast={toast} className={styles.toast ?? ''}>
          <ToastContent><Text slot="title">{toast.content.text}</Text></ToastContent>
          <Button slot="close" aria-label={t('close')}><X aria-hidden /></Button>
        </Toast>
      )}
    </ToastRegion>
  );
}
