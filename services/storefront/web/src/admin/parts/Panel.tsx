import { type ReactNode, useId } from 'react';

import styles from './parts.module.css';

/** A part of a page with its heading. `flush` lets its content reach its edges, as tables do. */
export function Panel({ title, aside, flush = false, children }: { title: string; aside?: ReactNode; flush?: boolean; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <header><h2 id={id}>{title}</h2>{aside ? <div>{aside}</div> : null}</header>
      {flush ? children : <div className={styles.inside}>{children}</div>}
    </section>
  );
}
