import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleDashed } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { unlessRefused } from '@/app/polling';
import { useFormats } from '@/i18n/format';

import styles from './tour.module.css';

/** What an order passes, in the order in which it usually does. */
const HOPS = ['OrderPlaced', 'StockReserved', 'PaymentAuthorized', 'OrderConfirmed', 'PaymentCaptured', 'OrderPaid'] as const;
const OFTEN_MS = 400;
const SELDOM_MS = 2_000;
/** Looks that are often; an order that takes longer than those waits for something. */
const OFTEN = 15;

/** The order on its way: each station with the time since it was placed. */
export function Travel({ orderId }: { orderId: string }) {
  const { t } = useTranslation('live');
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
  return (
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
}
