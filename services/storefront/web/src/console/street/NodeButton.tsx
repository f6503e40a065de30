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
  // What is shown is the button's name, with what only looks say put between in words.
  const between = <span className="visually-hidden">{t('list.comma')}</span>;
  return (
    <TooltipTrigger delay={500}>
      <Button className={`${styles.node ?? ''} ${styles[node.level] ?? ''}`} onPress={() => open(node.id)}>
        <span className={styles.top}>
          <span className={styles.name}>{named ? null : <span className="visually-hidden">{t(`kind.${node.kind}`)}{t('list.comma')}</span>}{name}{named ? <i className={styles.kind}>{t(`kind.${node.kind}`)}</i> : null}</span>{between}
          {marks[0] ? <span className={`${styles.mark ?? ''} ${styles[marks[0].tone] ?? ''}`}>{isPaused ? <PauseCircle aria-hidden /> : null}{marks[0].text}{between}</span> : Sign && (node.level === 'bad' || !deadLetters) ? <><Sign className={styles.sign} aria-hidden /><span className="visually-hidden">{t(`tone.${node.level === 'bad' ? 'bad' : 'warn'}`)}</span></> : null}
          {deadLetters ? <span className={styles.letters}><Mail aria-hidden /><span aria-hidden>{count(deadLetters)}</span><span className="visually-hidden">{t('figure.dead_letters', { count: deadLetters })}{between}</span></span> : null}
        </span>
        <span className={styles.figures}>
          {figures.map((figure) => <span key={figure.label} className={styles.figure}><b>{figure.value}</b><i>{figure.label}</i>{between}</span>)}
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
