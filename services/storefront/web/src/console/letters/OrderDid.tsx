import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { api, body } from '@/api/client';
import { ProblemError } from '@/api/problem';
import { useFormats } from '@/i18n/format';
import { Failed, Skeleton } from '@/ui/states';

import layout from '../layout.module.css';
import { EventName } from '../parts/EventName';
import styles from './letters.module.css';

/** What else an order did, in all services: oldest first. */
export function OrderDid({ order }: { order: string }) {
  const { t } = useTranslation('console');
  const { time } = useFormats();
  const history = useQuery({ queryKey: ['console', 'history', order], queryFn: ({ signal }) => body(api.GET('/orders/{id}/history', { params: { path: { id: order } }, signal })) });
  if (history.isError) {
    if (history.error instanceof ProblemError && history.error.status === 404) return <p className={layout.lead}>{t('letters.no_order')}</p>;
    return <Failed error={history.error} again={() => void history.refetch()} />;
  }
  if (!history.data) return <Skeleton height="160px" />;
  return (
    <ol className={styles.did}>
      {history.data.items.map((item) => (
        <li key={item.id}>
          <span className={styles.dot} data-source={item.source} aria-hidden />
          <span><EventName type={item.type} mail={(item.data as { mail?: string } | null)?.mail} /> <span className="dim">{item.source}</span></span>
          <span className="dim numbers">{item.time ? time(item.time) : '–'}</span>
        </li>
      ))}
    </ol>
  );
}
