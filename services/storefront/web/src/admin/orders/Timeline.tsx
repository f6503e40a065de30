import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import type { Schemas } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import styles from './order.module.css';
import { historyQuery } from './orders';

type Happened = Schemas['Happened'];

/** How bright a step is drawn: an end that is good or bad, or one on the way. */
function toneOf(type: string): 'good' | 'bad' | 'plain' {
  if (/(Cancelled|Declined|Rejected)$/.test(type)) return 'bad';
  return /^Order(Paid|Shipped|Refunded)$/.test(type) ? 'good' : 'plain';
}

/** A mail's state as its event has it. */
function mailOf({ data }: Happened): { mail: string; state: string } | null {
  if (typeof data !== 'object' || data === null) return null;
  const { mail, state } = data as { mail?: unknown; state?: unknown };
  return typeof mail === 'string' ? { mail, state: typeof state === 'string' ? state : '' } : null;
}

/** Everything that happened to an order in all services, oldest first. */
export function Timeline({ id, version, refunds, isMoving }: { id: string; version: number; refunds: number; isMoving: boolean }) {
  const { t, i18n } = useTranslation('admin');
  const { time } = useFormats();
  const query = historyQuery(id);
  const { data, isError, error, refetch } = useQuery({ ...query, queryKey: [...query.queryKey, version, refunds], placeholderData: (before) => before, refetchInterval: isMoving ? 1_500 : 20_000 });
  const known = (key: string, fallback: string) => (i18n.exists(key, { ns: 'admin' }) ? t(key as 'event.OrderPlaced') : fallback);
  const nameOf = (step: Happened) => {
    const mail = step.type === 'Mail' ? mailOf(step) : null;
    return mail ? t('event.mail', { mail: known(`mail.${mail.mail}`, mail.mail), state: known(`mail_state.${mail.state}`, mail.state) }) : known(`event.${step.type}`, step.type);
  };
  return (
    <Panel title={t('orders.timeline')}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Skeleton height="220px" /> : (
        <ol className={styles.timeline}>
          {data.items.map((step) => (
            <li key={step.id} data-tone={toneOf(step.type)} data-own={step.source === 'order' || undefined}>
              <span>{nameOf(step)}</span>
              <span className="dim">{known(`source.${step.source}`, step.source)}</span>
              {step.time ? <time className="dim numbers" dateTime={step.time}>{time(step.time)}</time> : null}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
