import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Badge, Failed, Skeleton, type Tone } from '@/ui/states';

import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import styles from './journey.module.css';
import { type Happened, mailsAt, paymentAt, versionAt } from './past';

const TONES: Record<string, Tone> = { pending: 'info', confirmed: 'info', paid: 'good', shipped: 'good', cancelled: 'warn' };

/** The order as it was: asked for by version, so that it is exact and never asked for twice. */
export function Then({ order, history, at, isNow }: { order: string; history: readonly Happened[]; at: number; isNow: boolean }) {
  const { t, i18n } = useTranslation('console');
  const { money, time, count } = useFormats();
  const version = versionAt(history, order, at);
  const then = useQuery({
    queryKey: ['console', 'order', order, version], enabled: version > 0, staleTime: Infinity, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => body(api.GET('/orders/{id}', { params: { path: { id: order }, query: { as_of: String(version) } }, signal })),
  });
  const payment = paymentAt(history, at);
  const mails = mailsAt(history, at, isNow);
  const known = (key: string, other: string) => (i18n.exists(key, { ns: 'console' }) ? t(key as 'status.paid') : other);
  return (
    <aside className={`${layout.panel ?? ''} ${styles.then ?? ''}`} aria-labelledby="then">
      <div className={layout.panelHead}><h2 id="then">{isNow ? t('then.now') : <Term id="as_of">{t('then.title')}</Term>}</h2>{then.data ? <Badge tone={TONES[then.data.status] ?? 'neutral'}>{t(`status.${then.data.status}`)}</Badge> : null}</div>
      {then.data ? (
        <div className={styles.order} data-fading={then.isPlaceholderData}>
          <dl className={layout.facts}>
            <dt>{t('then.version')}</dt><dd className="numbers">{count(version)}</dd>
            <dt>{t('then.placed')}</dt><dd className="numbers">{time(then.data.placed_at)}</dd>
            {then.data.reason ? <><dt>{t('then.why')}</dt><dd>{known(`cancelled.${then.data.reason}`, then.data.reason)}{then.data.note ? ` (${then.data.note})` : ''}</dd></> : null}
          </dl>
          <ul className={styles.items}>
            {then.data.items.map((item) => (
              <li key={item.product_id}><span>{item.names?.[i18n.language] ?? item.name} <span className="dim">× {count(item.quantity)}</span></span><span className="numbers">{money(item.price * item.quantity, then.data.currency)}</span></li>
            ))}
            <li className={styles.total}><span>{t('then.total')}</span><span className="numbers">{money(then.data.total, then.data.currency)}</span></li>
            {then.data.refunded ? <li><span>{t('then.refunded')}</span><span className="numbers">−{money(then.data.refunded, then.data.currency)}</span></li> : null}
          </ul>
          <h3>{t('then.payment')}</h3>
          <p className={styles.one}>{payment ? <>{known(`payment.${payment.type}`, payment.type)}{payment.amount !== undefined && payment.currency ? <span className="numbers">{money(payment.amount, payment.currency)}</span> : null}</> : <span className="dim">{t('then.no_payment')}</span>}</p>
          <h3>{t('then.mails')}</h3>
          {mails.length ? (
            <ul className={styles.mails}>
              {mails.map((mail) => <li key={mail.id} className={styles.one}><span>{known(`mail.${mail.mail}`, mail.mail)}</span><Badge tone={mail.state === 'sent' ? 'good' : mail.state === 'skipped' ? 'neutral' : 'info'}>{known(`mail.state.${mail.state}`, mail.state)}{mail.why ? ` · ${known(`mail.why.${mail.why}`, mail.why)}` : ''}</Badge></li>)}
            </ul>
          ) : <p className={`${styles.one ?? ''} dim`}>{t('then.no_mails')}</p>}
        </div>
      ) : then.isError ? <Failed error={then.error} again={() => void then.refetch()} /> : <div className={layout.padded}><Skeleton height="280px" /></div>}
    </aside>
  );
}
