import { Button, Dialog, DialogTrigger, Heading, OverlayArrow, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import styles from './term.module.css';
import type { TermId } from './terms';

/** A word that explains itself: pressed, it shows what it means in two sentences. */
export function Term({ id, children }: { id: TermId; children?: string }) {
  const { t } = useTranslation('console');
  return (
    <DialogTrigger>
      <Button className={styles.term ?? ''}>{children ?? t(`terms.${id}.name`)}</Button>
      <Popover className={styles.popover ?? ''} placement="top">
        <OverlayArrow className={styles.arrow ?? ''}><svg width="12" height="6" viewBox="0 0 12 6" aria-hidden><path d="M0 0 6 6 12 0" /></svg></OverlayArrow>
        <Dialog className={styles.dialog ?? ''}>
          <Heading slot="title" level={2} className={styles.name ?? ''}>{t(`terms.${id}.name`)}</Heading>
          <p>{t(`terms.${id}.text`)}</p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
