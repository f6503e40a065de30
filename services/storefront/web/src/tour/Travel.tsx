import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { unlessRefused } from '@/app/polling';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Notice, useProblemText } from '@/ui/states';

import styles from './tour.module.css';

/** What an order passes, in the order in which it usually does. */
const HOPS = ['OrderPlaced', 'StockReserved', 'PaymentAuthorized', 'OrderConfirmed', 'PaymentCaptured', 'OrderPaid'] as const;
const OFTEN_MS = 400;
const SELDOM_MS = 2_000;
/** Looks that are often; an order that takes longer than those waits for something. */
const OFTEN = 15;

/** Why an order that was cancelled was. */
function useReason(orderId: string, isCancelled: boolean): string | undefined {
  const order = useQuery({
    queryKey: ['tour', 'order', orderId],
    queryFn: ({ signal }) => body(api.GET('/orders/{id}', { params: { path: { id: orderId } }, signal })),
    enabled: isCancelled,
    // The journey may know it sooner than the order's row does.
    refetchInterval: ({ state }) => (state.data?.status === 'cancelled' ? false : unlessRefused(state, state.dataUpdateCount < OFTEN ? OFTEN_MS : SELDOM_MS)),
  });
  return order.data?.reason;
}

/** The order on its way: each station with the time since it was placed. */
export function Travel({ orderId, onBack }: { orderId: string; onBack: () => void }) {
  const { t } = useTranslation('live');
  const problem = useProblemText();
  const { duration } = useFormats();
  const journey = useQuery({
    queryKey: ['tour', 'journey', orderId],
    queryFn: ({ signal }) => body(api.GET('/orders/{id}/journey', { params: { path: { id: orderId } }, signal })),
    refetchInterval: ({ state }) => {
      if (state.data?.hops.some(({ type }) => type === 'OrderPaid' || type === 'OrderCancelled')) return false;
      return unlessRefused(state, state.dataUpdateCount < OFTEN ? OFTEN_MS : SELDOM_MS);
    },
  });
  const times = new Map((journey.data?.hops ?? []).flatMap(({ type, time }) => (time ? [[type, Date.parse(time)] as const] : [])));
  const began = times.get('OrderPlaced');
  const isCancelled = times.has('OrderCancelled');
  const reason = useReason(orderId, isCancelled);
  if (journey.isError && !journey.data) {
    return (
      <Notice tone="bad" alert>
        <p>{problem(journey.error)}</p>
        <Button size="small" isPending={journey.isFetching} onPress={() => void journey.refetch()}>{t('tour.look')}</Button>
      </Notice>
    );
  }
  const list = (
    <ol className={styles.travel} aria-live="polite">
      {HOPS.map((hop) => {
        const time = times.get(hop);
        return (
          <li key={hop} data-passed={time !== undefined}>
            {time === undefined ? <CircleDashed aria-hidden /> : <CircleCheck aria-hidden />}
            <span>{t(`tour.hop.${hop}`)}</span>
            <span className="numbers">{time !== undefined && began !== undefined ? (time === began ? t('tour.begins') : `+${duration(time - began)}`) : ''}</span>
          </li>
        );
      })}
    </ol>
  );
  if (!isCancelled) return list;
  return (
    <>
      {list}
      <Notice tone="bad" alert>
        <p>{t('stage.cancelled')}</p>
        {reason ? <p>{t(`reason.${reason as 'out_of_stock'}`, { defaultValue: '' })}</p> : null}
        <Button size="small" onPress={onBack}>{t('tour.another')}</Button>
      </Notice>
    </>
  );
}
