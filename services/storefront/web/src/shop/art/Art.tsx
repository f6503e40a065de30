import { useId } from 'react';

import styles from './art.module.css';
import { PatternTile } from './patterns';
import { drawing } from './pick';
import { Drawn } from './sweets';

/** A drawing for a product without pictures. Says nothing that its name beside it does not say. */
export function Art({ id, name, names = {} }: { id: string; name: string; names?: Record<string, string> | undefined }) {
  const tile = useId().replace(/\W/g, '');
  const { sweet, pattern, ground, mark } = drawing(id, [name, ...Object.values(names)]);
  return (
    <svg className={`${styles.art ?? ''} ${styles[`ground${ground}`] ?? ''}`} viewBox="0 0 240 180" preserveAspectRatio="xMidYMid slice" aria-hidden focusable="false">
      <defs><PatternTile id={tile} pattern={pattern} /></defs>
      <rect className={styles.cloth} x="-60" y="-60" width="360" height="300" fill={`url(#${tile})`} />
      <circle className={styles.plate} cx="120" cy="92" r="82" />
      <Drawn sweet={sweet} mark={mark} />
    </svg>
  );
}
