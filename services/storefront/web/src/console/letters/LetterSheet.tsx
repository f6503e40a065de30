import { X } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button, LinkButton } from '@/ui/Button';

import type { Letter } from '../api';
import layout from '../layout.module.css';
import { Copy } from '../parts/Copy';
import { Term } from '../parts/Term';
import sheet from '../street/panel.module.css';
import { OrderDid } from './OrderDid';
import { Uncover } from './Uncover';

/** One letter: all that is known of it without reading it, and what else its order did. */
export function LetterSheet({ queue, letter, onClose }: { queue: string; letter: Letter | null; onClose: () => void }) {
  const { t } = useTranslation('console');
  const { time, count } = useFormats();
  if (!letter) return null;
  return (
    <ModalOverlay className={sheet.overlay ?? ''} isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className={`${sheet.sheet ?? ''} ${sheet.broad ?? ''}`}>
        <Dialog className={sheet.dialog ?? ''}>
          <div className={sheet.head}>
            <div>
              <p className={sheet.kind}>{queue}</p>
              <Heading slot="title" level={2}>{letter.event_type ?? letter.reason}</Heading>
            </div>
            <Button look="quiet" size="small" icon aria-label={t('close')} onPress={onClose}><X aria-hidden /></Button>
          </div>
          <p>{letter.error}</p>
          <dl className={layout.facts}>
            <dt>{t('letters.letter')}</dt><dd className={layout.id}>{letter.id}</dd>
            {letter.subject ? <><dt>{t('letters.about')}</dt><dd className={layout.id}>{letter.subject}{letter.version === undefined ? '' : ` (${letter.version})`}</dd></> : null}
            {letter.trace_id ? <><dt><Term id="trace" /></dt><dd><Copy text={letter.trace_id} label={t('letters.copy_trace')} /></dd></> : null}
            <dt>{t('letters.attempts')}</dt><dd className="numbers">{count(letter.attempts)}</dd>
            {letter.first_received_at ? <><dt>{t('letters.received')}</dt><dd className="numbers">{time(letter.first_received_at)}</dd></> : null}
            {letter.sent_at ? <><dt>{t('letters.set_aside')}</dt><dd className="numbers">{time(letter.sent_at)}</dd></> : null}
            {letter.redriven ? <><dt>{t('letters.before')}</dt><dd>{t('letters.redriven', { count: letter.redriven })}</dd></> : null}
          </dl>
          <Uncover key={letter.id} queue={queue} letter={letter} />
          {letter.order_id ? (
            <section className={layout.stack}>
              <div className={layout.row}><h3>{t('letters.order_did')}</h3><LinkButton size="small" look="quiet" href={`/admin/operations/orders/${letter.order_id}`}>{t('letters.journey')}</LinkButton></div>
              <OrderDid order={letter.order_id} />
            </section>
          ) : null}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
