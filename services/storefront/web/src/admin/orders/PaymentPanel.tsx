import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { PaymentMark } from '../parts/marks';
import { Panel } from '../parts/Panel';
import parts from '../parts/parts.module.css';
import { paymentQuery } from './orders';

/** What became of an order's money, as the payment provider was asked for it. */
export function PaymentPanel({ id, version, isMoving }: { id: string; version: number; isMoving: boolean }) {
  const { t } = useTranslation('admin');
  const { money, time } = useFormats();
  const query = paymentQuery(id);
  const { data, isError, error, refetch } = useQuery({ ...query, queryKey: [...query.queryKey, version], placeholderData: (before) => before, refetchInterval: isMoving ? 1_500 : 20_000 });
  const none = error instanceof ProblemError && error.status === 404;
  const currency = data?.currency ?? 'JPY';
  return (
    <Panel title={t('payments.one')} aside={data ? <PaymentMark status={data.status} /> : null}>
      {none ? <p className="dim">{t('payments.not_yet')}</p> : isError && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Skeleton height="110px" /> : (
        <dl className={`${parts.facts ?? ''} numbers`}>
          {data.amount === undefined ? null : <><dt>{t('payments.amount')}</dt><dd>{money(data.amount, currency)}</dd></>}
          <dt>{t('payments.captured')}</dt><dd>{money(data.captured, currency)}</dd>
          <dt>{t('payments.refunded')}</dt><dd>{data.refunded > 0 ? '−' : ''}{money(data.refunded, currency)}</dd>
          <dt className={parts.sum}>{t('payments.kept')}</dt><dd className={parts.sum}>{money(data.captured - data.refunded, currency)}</dd>
          {data.reason ? <><dt>{t('payments.reason')}</dt><dd>{data.reason}</dd></> : null}
          <dt>{t('payments.changed')}</dt><dd>{time(data.updated_at)}</dd>
        </dl>
      )}
    </Panel>
  );
}
