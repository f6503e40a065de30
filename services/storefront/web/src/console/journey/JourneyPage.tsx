import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ArrowLeft } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';

import { api, body } from '@/api/client';
import { unlessRefused } from '@/app/polling';
import { Failed, Skeleton } from '@/ui/states';
import { LinkButton } from '@/ui/Button';

import layout from '../layout.module.css';
import { Explanation } from './Explanation';
import styles from './journey.module.css';
import { Way } from './Way';

const ENDS = ['OrderPaid', 'OrderCancelled'];

export function Component() {
  const { t } = useTranslation('console');
  const { id = '' } = useParams();
  const path = { id };
  // An order that is on its way moves; one that has arrived may still be shipped or paid back.
  const journey = useQuery({
    queryKey: ['console', 'journey', id], queryFn: ({ signal }) => body(api.GET('/orders/{id}/journey', { params: { path }, signal })),
    refetchInterval: ({ state }) => unlessRefused(state, state.data && ENDS.includes(state.data.critical_path.ends_with) ? 15_000 : 1_500),
  });
  const newest = journey.data?.hops.length ?? 0;
  const history = useQuery({ queryKey: ['console', 'history', id, newest], queryFn: ({ signal }) => body(api.GET('/orders/{id}/history', { params: { path }, signal })), placeholderData: keepPreviousData });
  const error = journey.error ?? history.error;
  return (
    <>
      <div className={layout.head}>
        <LinkButton look="quiet" size="small" icon href="/admin/operations/orders" aria-label={t('journey.orders')}><ArrowLeft aria-hidden /></LinkButton>
        <h1>{t('journey.title')} <span className={styles.id}>{id}</span></h1>
      </div>
      {journey.data ? <Explanation order={id} /> : null}
      {journey.data && history.data ? (
        <Way journey={journey.data} history={history.data.items} />
      ) : error ? <Failed error={error} again={() => {
        void journey.refetch();
        void history.refetch();
      }} /> : <Skeleton height="620px" />}
    </>
  );
}
