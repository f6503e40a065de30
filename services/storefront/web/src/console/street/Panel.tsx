import { X } from 'lucide-react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';

import type { Street } from '../api';
import layout from '../layout.module.css';
import { useFigures } from './figures';
import { FocusBack } from './FocusBack';
import type { Node } from './nodes';
import styles from './panel.module.css';
import { ConsumerPart, QueuePart, ShardPart, StorePart, TopicPart } from './PanelParts';

/** What is at a node, beside the map: it goes on being counted while somebody reads. */
export function Panel({ node, street, onClose }: { node: Node | undefined; street: Street; onClose: () => void }) {
  const { t } = useTranslation('console');
  const figures = useFigures();
  if (!node) return null;
  return (
    <ModalOverlay className={styles.overlay ?? ''} isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className={styles.sheet ?? ''}>
        <Dialog className={styles.dialog ?? ''}>
          <FocusBack />
          <div className={styles.head}>
            <div>
              <p className={styles.kind}>{t(`kind.${node.kind}`)}</p>
              <Heading slot="title" level={2}>{node.kind === 'queue' ? node.queue.queue : figures(node).name}</Heading>
            </div>
            <Button look="quiet" size="small" icon aria-label={t('close')} onPress={onClose}><X aria-hidden /></Button>
          </div>
          <p className={layout.lead}>{t(`scale.${node.kind}`)} {t(`normal.${node.kind}`)}</p>
          <Part node={node} street={street} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Part({ node, street }: { node: Node; street: Street }) {
  switch (node.kind) {
    case 'store': return <StorePart store={node.store} street={street} />;
    case 'shard': return <ShardPart shard={node.shard} stream={street.stream} />;
    case 'topic': return <TopicPart setAside={node.setAside} />;
    case 'queue': return <QueuePart queue={node.queue} consumer={street.consumers.find((consumer) => consumer.queue === node.queue.queue)} />;
    case 'consumer': return <ConsumerPart consumer={node.consumer} street={street} />;
  }
}
