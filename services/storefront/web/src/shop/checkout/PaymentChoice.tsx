import { BadgeCheck, CreditCard, RotateCcw, ShieldX } from 'lucide-react';
import { RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import styles from './checkout.module.css';
import { type PaymentId, PAYMENTS } from './payments';

const MARKS = { ok: BadgeCheck, declined: ShieldX, capture: CreditCard, refund: RotateCcw };

/** The built-in provider's means of payment, each with what will happen. */
export function PaymentChoice({ value, onChange }: { value: PaymentId; onChange: (id: PaymentId) => void }) {
  const { t } = useTranslation('shop');
  return (
    <RadioGroup className={styles.choices ?? ''} aria-labelledby="payment" value={value} onChange={(id) => onChange(id as PaymentId)}>
      {PAYMENTS.map(({ id, token }) => {
        const Mark = MARKS[id];
        return (
          <RadioField key={id} value={id}>
            <RadioButton className={styles.choice ?? ''}>
              <span className={styles.dot} aria-hidden />
              <Mark aria-hidden />
              <span className={styles.words}>
                <strong>{t(`payment.${id}`)}</strong>
                <span>{t(`payment.${id}_text`)}</span>
              </span>
              <code>{token}</code>
            </RadioButton>
          </RadioField>
        );
      })}
    </RadioGroup>
  );
}
