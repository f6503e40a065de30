import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-router';

import styles from './parts.module.css';

interface Back {
  to: string;
  text: string;
}

/** The head of a page: where it belongs, what it is, what can be done here. Names the browser's tab, too. */
export function PageHead({ title, back, mark, actions, children }: { title: string; back?: Back; mark?: ReactNode; actions?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    const before = document.title;
    document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <header className={styles.head}>
      <div>
        {back ? <Link className={styles.back} to={back.to}><ChevronLeft aria-hidden />{back.text}</Link> : null}
        <div className={styles.title}><h1>{title}</h1>{mark}</div>
        {children ? <div className={styles.sub}>{children}</div> : null}
      </div>
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </header>
  );
}
