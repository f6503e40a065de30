import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Notice } from '@/ui/states';

import type { Fault, Preview } from '../logic/refund';
import styles from './refund.module.css';

/** The order's money as it would be after the refund. */
export function RefundPreview({ seen, currency, faults }: { seen: Preview; currency: string; faults: readonly Fault[] }) {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  const amount = (value: number) => money(value, currency);
  const share = (value: number) => `${seen.paid > 0 ? Math.min(100, Math.max(0, (value / seen.paid) * 100)) : 0}%`;
  return (
    <section className={styles.preview} aria-label={t('refunding.preview')} aria-live="polite">
      <h3>{t('refunding.preview')}</h3>
      <div className={styles.bar} aria-hidden>
        <span className={styles.back} style={{ width: share(seen.before + seen.pending) }} />
        <span className={styles.given} style={{ width: share(seen.given) }} />
      </div>
      <dl>
        <dt>{t('refunding.paid')}</dt><dd>{amount(seen.paid)}</dd>
        <dt><i className={styles.back} aria-hidden />{t('refunding.before')}</dt><dd>{seen.before > 0 ? '−' : ''}{amount(seen.before)}</dd>
        {seen.pending > 0 ? <><dt>{t('refunding.pending')}</dt><dd>−{amount(seen.pending)}</dd></> : null}
        <dt className={styles.now}><i className={styles.given} aria-hidden />{t('refunding.given')}</dt><dd className={styles.now} data-testid="given">{seen.given > 0 ? '−' : ''}{amount(seen.given)}</dd>
        <dt className={styles.sum}>{t('refunding.stays')}</dt><dd className={styles.sum} data-testid="stays">{amount(seen.stays)}</dd>
      </dl>
      {faults.map((fault) => <Notice key={fault} tone="bad">{t(`refunding.fault.${fault}`, { most: amount(seen.most) })}</Notice>)}
    </section>
  );
}
