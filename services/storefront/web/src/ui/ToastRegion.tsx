import { X } from 'lucide-react';
import { Button, Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as AriaToastRegion } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import styles from './toast.module.css';

const queue = new ToastQueue<{ text: string }>({ maxVisibleToasts: 3 });

/** Shows a text for five seconds, or longer while the pointer or the focus is on it. */
export function show(text: string): void {
  queue.add({ text }, { timeout: 5_000 });
}

export function ToastRegion() {
  const { t } = useTranslation();
  return (
    <AriaToastRegion queue={queue} className={styles.region ?? ''}>
      {({ toast }) => (
        <Toast toast={toast} className={styles.toast ?? ''}>
          <ToastContent><Text slot="title">{toast.content.text}</Text></ToastContent>
          <Button slot="close" aria-label={t('close')}><X aria-hidden /></Button>
        </Toast>
      )}
    </AriaToastRegion>
  );
}
