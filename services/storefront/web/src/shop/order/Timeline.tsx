import { Ban, Check, CreditCard, Ellipsis, Package, PackageCheck, ReceiptText, ShoppingBasket, Truck, Undo2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import type { Order } from '../data/orders';
import styles from './timeline.module.css';
import type { Row, Step, StepName } from './timeline';

const MARKS: Record<StepName, typeof Check> = {
  placed: ShoppingBasket, reserved: Package, authorized: CreditCard, confirmed: PackageCheck, paid: ReceiptText, shipped: Truck, cancelled: Ban, money_back: Undo2,
};
const STATES = { done: Check, active: Ellipsis, waiting: null, stopped: X };

function One({ step, reason }: { step: Step; reason: Order['reason'] }) {
  const { t } = useTranslation('shop');
  const { time } = useFormats();
  const Mark = MARKS[step.name];
  const State = STATES[step.state];
  return (
    <div className={`${styles.step ?? ''} ${styles[step.state] ?? ''}`}>
      <span className={styles.mark}><Mark aria-hidden />{State ? <span className={styles.state}><State aria-hidden /></span> : null}</span>
      <div>
        <strong>{t(`step.${step.name}${step.state === 'stopped' && step.name !== 'cancelled' ? '_stopped' : ''}` as 'step.placed')}</strong>
        <span className={styles.when}>
          <span className="visually-hidden">{t(`step_state.${step.state}`)} </span>
          {step.at ? <time className="numbers" dateTime={step.at}>{time(step.at)}</time> : step.state === 'active' ? t('step_state.active') : step.name === 'cancelled' && reason ? t(`reason_short.${reason}`) : step.state === 'waiting' ? t('step_state.waiting') : ''}
        </span>
      </div>
    </div>
  );
}

/** The steps, from top to bottom; what happens side by side stands side by side. */
export function Timeline({ rows, reason }: { rows: readonly Row[]; reason: Order['reason'] }) {
  const { t } = useTranslation('shop');
  return (
    <ol className={styles.way}>
      {rows.map((row) => (
        <li key={row.map((step) => step.name).join()} className={row.length > 1 ? (styles.fork ?? '') : ''} data-done={row.every((step) => step.state === 'done') || undefined}>
          {row.length > 1 ? <span className="visually-hidden">{t('step.together')}</span> : null}
          {row.map((step) => <One key={step.name} step={step} reason={reason} />)}
        </li>
      ))}
    </ol>
  );
}
