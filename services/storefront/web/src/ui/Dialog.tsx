import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Button } from './Button';
import styles from './dialog.module.css';

/** A modal dialog: focus stays in it, Escape closes it. `busy` keeps it open while its work is done. */
export function Dialog({ title, open, onClose, busy = false, wide = false, children, foot }: { title: string; open: boolean; onClose: () => void; busy?: boolean; wide?: boolean; children: ReactNode; foot?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <ModalOverlay className={styles.overlay ?? ''} isOpen={open} isDismissable={!busy} isKeyboardDismissDisabled={busy} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className={`${styles.modal ?? ''} ${wide ? (styles.wide ?? '') : ''}`}>
        <AriaDialog className={styles.dialog ?? ''}>
          <div className={styles.head}>
            <Heading slot="title" level={2}>{title}</Heading>
            <Button look="quiet" size="small" icon aria-label={t('close')} onPress={onClose} isDisabled={busy}><X aria-hidden /></Button>
          </div>
          {children}
          {foot ? <div className={styles.foot}>{foot}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
