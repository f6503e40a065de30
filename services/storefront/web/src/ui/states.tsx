/** What a part of a page shows while it has nothing else to show, and small marks. */
import { CircleAlert, CircleCheck, Info, PlugZap, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ProblemError, Unreachable } from '@/api/problem';

import { Button } from './Button';
import styles from './states.module.css';

export function Empty({ icon, title, isPage = false, children }: { icon: ReactNode; title: string; isPage?: boolean; children?: ReactNode }) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div className={styles.state}>
      {icon}
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** What went wrong in the visitor's words; the API's own where there are none. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (error instanceof Unreachable) return t('problem.unreachable');
    if (error instanceof ProblemError) {
      const known = `problem.${error.slug}`;
      if (i18n.exists(known)) return t(known as 'problem.unreachable');
      if (error.status === 429) return t('problem.busy');
      return error.status >= 500 ? t('problem.trouble') : error.message;
    }
    return t('problem.unknown');
  };
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation();
  const text = useProblemText();
  const instance = error instanceof ProblemError && error.status >= 500 ? error.problem.instance : undefined;
  return (
    <div className={styles.state} role="alert">
      <PlugZap aria-hidden />
      <h2>{t('failed')}</h2>
      <p>{text(error)}</p>
      {instance ? <code>{instance}</code> : null}
      {again ? <Button onPress={again}>{t('again')}</Button> : null}
    </div>
  );
}

/** A grey shape where something will be; `height` in CSS units. */
export function Skeleton({ height, width }: { height: string; width?: string }) {
  return <div className={styles.skeleton} style={{ height, ...(width && { width }) }} aria-hidden />;
}

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info';

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${styles.badge ?? ''} ${tone === 'neutral' ? '' : (styles[tone] ?? '')}`}>{children}</span>;
}

export function Card({ children, as: As = 'section', ...rest }: { children: ReactNode; as?: 'section' | 'div' | 'article' | 'li'; 'aria-labelledby'?: string }) {
  return <As className={styles.card} {...rest}>{children}</As>;
}

const MARKS = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

/** A message within a page. `role="alert"` where it comes by itself. */
export function Notice({ tone = 'info', children, alert = false }: { tone?: keyof typeof MARKS; children: ReactNode; alert?: boolean }) {
  const Mark = MARKS[tone];
  return (
    <div className={`${styles.notice ?? ''} ${tone === 'info' ? '' : (styles[tone] ?? '')}`} {...(alert && { role: 'alert' })}>
      <Mark aria-hidden />
      <div>{children}</div>
    </div>
  );
}
