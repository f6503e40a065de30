import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import styles from './map.module.css';
import { NodeButton } from './NodeButton';
import type { Node, Nodes } from './nodes';
import { type Box, COLUMNS, placesOf, WIDTH } from './place';
import { Lanterns, type Pointed } from './walk/Lanterns';
import type { useSteps } from './walk/useSteps';
import walk from './walk/walk.module.css';

const HEADS = ['stores', 'stream', 'topic', 'queues', 'consumers'] as const;
const at = ({ x, y, width, height }: Box) => ({ left: x, top: y, width, height, minHeight: height });

/** The pipeline from left to right. What is drawn behind the nodes says nothing that they, or the table, don't say in words. */
export function StreetMap({ nodes, stream, open, steps, leftOut }: { nodes: Nodes; stream: string; open: (id: string) => void; /** None where nothing may move. */ steps: ReturnType<typeof useSteps> | null; leftOut: (count: number) => void }) {
  const { t } = useTranslation('console');
  const go = useNavigate();
  const [pointed, point] = useState<Pointed | null>(null);
  const places = useMemo(() => placesOf(nodes), [nodes]);
  const all: Node[] = [...nodes.stores, ...nodes.shards, nodes.topic, ...nodes.lanes.flatMap(({ queue, consumer }) => (consumer ? [queue, consumer] : [queue]))];
  return (
    <div className={styles.scroll} role="region" aria-label={t('street.map')} tabIndex={0}>
      <div className={styles.map} style={{ width: WIDTH, height: places.height }}>
        <svg className={styles.wires} width={WIDTH} height={places.height} viewBox={`0 0 ${WIDTH} ${places.height}`} aria-hidden>
          <path className={styles.back} d={places.back} />
          {places.wires.map((wire) => <path key={wire.id} className={wire.from ? styles.stub : styles.wire} d={wire.path} />)}
          {steps ? <Lanterns nodes={nodes} places={places} ways={steps.ways} onSteps={steps.onSteps} point={point} leftOut={leftOut} open={(order) => void go(`/admin/operations/orders/${order}`)} /> : null}
        </svg>
        {HEADS.map((head) => (
          <span key={head} className={styles.head} style={{ left: COLUMNS[head].x, width: COLUMNS[head].width }}>
            {t(`street.column.${head}`)}{head === 'stream' ? <code>{stream}</code> : null}
          </span>
        ))}
        {all.map((node) => {
          const box = places.boxes.get(node.id);
          return box ? <div key={node.id} className={styles.at} style={at(box)}><NodeButton node={node} open={open} /></div> : null;
        })}
        {places.wires.map((wire) => {
          const box = wire.from && places.boxes.get(wire.id.slice(wire.id.indexOf('>') + 1));
          return box && wire.from ? <span key={wire.id} className={styles.feeder} style={{ left: box.x - 84, top: box.y + 8, width: 80 }}>{t(`street.feeder.${wire.from}`)}</span> : null;
        })}
        {pointed ? <span className={walk.tip} style={{ left: pointed.x, top: pointed.y }} aria-hidden>{pointed.step.event_type}<code>{pointed.step.order_id}</code></span> : null}
        <span className={styles.backText} style={{ top: places.height - 30, width: WIDTH }}>{t('street.back')}</span>
      </div>
    </div>
  );
}
