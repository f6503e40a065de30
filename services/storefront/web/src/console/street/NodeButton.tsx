import { Mail, OctagonAlert, PauseCircle, TriangleAlert } from 'lucide-react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { useFigures } from './figures';
import styles from './node.module.css';
import type { Node } from './nodes';

const SIGNS = { calm: null, busy: TriangleAlert, bad: OctagonAlert };

/** A node: its figures at a glance, their scale when pointed at, what is there when pressed. */
export function NodeButton({ node, open, named = false }: { node: Node; open: (id: string) => void; /** Says what it is, where no column does. */ named?: boolean }) {
  const { t } = useTranslation('console');
  const { count } = useFormats();
  const { name, figures, deadLetters, marks } = useFigures()(node);
  const Sign = SIGNS[node.level];
  const isPaused = node.kind === 'consumer' && node.consumer.paused !== undefined;
  const said = [t(`kind.${node.kind}`), name, ...figures.map((figure) => `${figure.label} ${figure.value}`), ...marks.map((mark) => mark.text), ...(deadLetters ? [t('figure.dead_letters', { count: deadLetters })] : [])].join(t('list.comma'));
  return (
    <TooltipTrigger delay={500}>
      <Button className={`${styles.node ?? ''} ${styles[node.level] ?? ''}`} aria-label={said} onPress={() => open(node.id)}>
        <span className={styles.top}>
          <span className={styles.name}>{name}{named ? <i className={styles.kind}>{t(`kind.${node.kind}`)}</i> : null}</span>
          {marks[0] ? <span className={`${styles.mark ?? ''} ${styles[marks[0].tone] ?? ''}`}>{isPaused ? <PauseCircle aria-hidden /> : null}{marks[0].text}</span> : Sign && (node.level === 'bad' || !deadLetters) ? <Sign className={styles.sign} aria-hidden /> : null}
          {deadLetters ? <span className={styles.letters}><Mail aria-hidden />{count(deadLetters)}</span> : null}
        </span>
        <span className={styles.figures}>
          {figures.map((figure) => <span key={figure.label} className={styles.figure}><b>{figure.value}</b><i>{figure.label}</i></span>)}
          {node.kind === 'topic' ? <span className={styles.figure}><i>{t('kind.topic')}</i></span> : null}
        </span>
      </Button>
      <Tooltip className={styles.tip ?? ''} offset={6}>
        <p>{t(`scale.${node.kind}`)}</p>
        <p className={styles.normal}>{t(`normal.${node.kind}`)}</p>
      </Tooltip>
    </TooltipTrigger>
  );
}
