import { useTranslation } from 'react-i18next';

import { NodeButton } from './NodeButton';
import type { Nodes } from './nodes';
import styles from './street.module.css';

/** The map where there is no room for one: the same nodes, from top to bottom. */
export function StreetList({ nodes, open }: { nodes: Nodes; open: (id: string) => void }) {
  const { t } = useTranslation('console');
  return (
    <div className={styles.list}>
      <section>
        <h2>{t('street.column.stores')}</h2>
        {nodes.stores.map((node) => <NodeButton key={node.id} node={node} open={open} />)}
      </section>
      <section>
        <h2>{t('street.column.stream')}</h2>
        {nodes.shards.map((node) => <NodeButton key={node.id} node={node} open={open} />)}
      </section>
      <section>
        <h2>{t('street.column.topic')}</h2>
        <NodeButton node={nodes.topic} open={open} />
      </section>
      <section>
        <h2>{t('street.lanes')}</h2>
        {nodes.lanes.map(({ queue, consumer }) => (
          <div key={queue.id} className={styles.lane}>
            <NodeButton node={queue} open={open} named />
            {consumer ? <NodeButton node={consumer} open={open} named /> : null}
          </div>
        ))}
      </section>
    </div>
  );
}
