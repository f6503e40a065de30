import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge, type Tone } from '@/ui/states';

import type { Order } from '../data/orders';
import styles from './order.module.css';

type Refund = NonNullable<Order['refunds']>[number];

const TONES: Record<Refund['status'], Tone> = { requested: 'info', refunded: 'good', declined: 'bad' };

/** Money that goes back, and why. */
export function Refunds({ refunds, currency }: { refunds: readonly Refund[]; currency: Order['currency'] }) {
  const { t } = useTranslation('shop');
  const { money, time } = useFormats();
  return (
    <section className={styles.panel} aria-labelledby="refunds">
      <h2 id="refunds">{t('refunds.title')}</h2>
      <ul className={styles.entries}>
        {refunds.map((refund) => (
          <li key={refund.refund_id}>
            <span className={styles.what}>
              <strong className="numbers">{money(refund.amount, currency)}</strong>
              {refund.reason ? <span className={styles.note}>{refund.reason}</span> : null}
              <span className="dim">{time(refund.requested_at)}</span>
            </span>
            <Badge tone={TONES[refund.status]}>{t(`refunds.${refund.status}`)}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
