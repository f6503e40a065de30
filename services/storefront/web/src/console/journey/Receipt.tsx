import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Failed, Notice, Skeleton } from '@/ui/states';

import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import styles from './journey.module.css';

/** What the order cost: requests to AWS and cents. */
export function Receipt({ order }: { order: string }) {
  const { t, i18n } = useTranslation('console');
  const { duration } = useFormats();
  const query = useQuery({ queryKey: ['console', 'receipt', order], queryFn: ({ signal }) => body(api.GET('/orders/{id}/receipt', { params: { path: { id: order } }, signal })), staleTime: 30_000 });
  const receipt = query.data;
  const parts = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 2 });
  const cents = new Intl.NumberFormat(i18n.language, { maximumSignificantDigits: 3 });
  const cent = (nanodollars: number) => t('receipt.cents', { n: cents.format(nanodollars / 1e7) });
  const most = Math.max(1, ...(receipt?.lines.map((line) => line.nanodollars) ?? []));
  return (
    <section className={layout.panel} aria-labelledby="receipt">
      <div className={layout.panelHead}><h2 id="receipt"><Term id="receipt" /></h2>{receipt ? <span className={styles.unit}>{t('receipt.prices', { region: receipt.prices.region, day: receipt.prices.as_of })}</span> : null}</div>
      {receipt ? (
        <>
          <dl className={styles.figures}>
            <div><dt>{t('receipt.cost')}</dt><dd>{cent(receipt.nanodollars)}</dd></div>
            <div><dt>{t('receipt.requests')}</dt><dd>{parts.format(receipt.requests)}</dd></div>
            <div><dt>{t('receipt.messages')}</dt><dd>{parts.format(receipt.messages)}</dd></div>
            <div><dt>{t('receipt.commits')}</dt><dd>{parts.format(receipt.commits)}</dd></div>
            <div><dt>{t('receipt.work')}</dt><dd>{duration(receipt.working_micros / 1000)}</dd></div>
          </dl>
          {receipt.complete ? null : <div className={layout.padded}><Notice tone="warn">{t('receipt.partly')} {receipt.missing.map(({ role, why }) => `${role}: ${why}`).join('; ')}</Notice></div>}
          <div className={layout.scroll} role="group" aria-labelledby="receipt" tabIndex={0}>
            <table className={`${layout.table ?? ''} ${styles.bill ?? ''}`}>
              <thead><tr><th scope="col">{t('receipt.operation')}</th><th scope="col" className={layout.right}>{t('receipt.requests')}</th><th scope="col" className={layout.right}>{t('receipt.in_cents')}</th></tr></thead>
              <tbody>
                {receipt.lines.map((line) => (
                  <tr key={line.service + line.operation + (line.unit ?? '')}>
                    <th scope="row">
                      {line.operation}
                      <small className={styles.unit}>{line.service}{line.unit ? ` · ${parts.format(line.units)} ${t(`receipt.unit.${line.unit as 'write'}`, { defaultValue: line.unit })}` : ''}</small>
                      <i className={styles.share} style={{ width: `${(100 * line.nanodollars) / most}%` }} aria-hidden />
                    </th>
                    <td className={layout.right}>{parts.format(line.requests)}</td>
                    <td className={layout.right}>{line.nanodollars ? cents.format(line.nanodollars / 1e7) : '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      ) : query.isError ? <Failed error={query.error} again={() => void query.refetch()} /> : <div className={layout.padded}><Skeleton height="320px" /></div>}
    </section>
  );
}
