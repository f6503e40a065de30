import { useQuery } from '@tanstack/react-query';
import { Ban, Truck, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Failed, Notice, Skeleton } from '@/ui/states';
import { say } from '@/ui/toasts';

import { isRefundable } from '../logic/refund';
import { useCommand } from '../parts/command';
import { StageMark } from '../parts/marks';
import { PageHead } from '../parts/PageHead';
import parts from '../parts/parts.module.css';
import { Problem } from '../parts/Problem';
import { CancelDialog } from './CancelDialog';
import { CustomerPanel } from './CustomerPanel';
import { LinesPanel } from './LinesPanel';
import { canCancel, canShip, isMoving, moved, orderQuery, ship } from './orders';
import { PaymentPanel } from './PaymentPanel';
import { RefundDialog } from './RefundDialog';
import { RefundsPanel } from './RefundsPanel';
import { Timeline } from './Timeline';

/** One order: what it has, how it went, and what can be done with it. */
export function Component() {
  const { t } = useTranslation('admin');
  const { time } = useFormats();
  const { id = '' } = useParams();
  const [dialog, setDialog] = useState<'refund' | 'cancel' | null>(null);
  // As long as it goes on by itself it is looked at each second; then seldom.
  const { data: order, isError, error, refetch } = useQuery({ ...orderQuery(id), refetchInterval: ({ state }) => (state.data && isMoving(state.data) ? 1_000 : 20_000) });
  const shipping = useCommand(() => ship(id), async () => {
    say(t('shipping.said'));
    await moved();
  });
  const back = { to: '/admin/orders', text: t('nav.orders') };
  if (isError && !order) return <><PageHead title={t('orders.one')} back={back} /><Failed error={error} again={() => void refetch()} /></>;
  if (!order) return <><PageHead title={t('orders.one')} back={back} /><Skeleton height="420px" /></>;
  return (
    <>
      <PageHead title={t('orders.one')} back={back} mark={<StageMark stage={order.status} />} actions={
        <>
          {isRefundable(order) ? <Button size="small" onPress={() => setDialog('refund')}><Undo2 aria-hidden />{t('refunding.begin')}</Button> : null}
          {canCancel(order) ? <Button size="small" onPress={() => setDialog('cancel')}><Ban aria-hidden />{t('cancelling.begin')}</Button> : null}
          {canShip(order) ? <Button look="primary" size="small" isPending={shipping.isPending} onPress={() => shipping.mutate(undefined)}><Truck aria-hidden />{t('shipping.go')}</Button> : null}
        </>
      }>
        <span className={parts.id}>{order.order_id}</span> · <time dateTime={order.placed_at}>{time(order.placed_at)}</time>
      </PageHead>
      <Problem error={shipping.error} />
      {order.reason ? <Notice tone="bad">{t(`reason.${order.reason}`)}{order.note ? <><br />{t('orders.note')}: {order.note}</> : null}</Notice> : null}
      <div className={parts.columns}>
        <div className={parts.stack}>
          <LinesPanel order={order} />
          <RefundsPanel order={order} />
          <Timeline id={id} version={order.version} refunds={order.refunds?.length ?? 0} isMoving={isMoving(order)} />
        </div>
        <div className={parts.stack}>
          <PaymentPanel id={id} version={order.version} isMoving={isMoving(order)} />
          {order.user_id ? <CustomerPanel userId={order.user_id} /> : null}
        </div>
      </div>
      {dialog === 'refund' ? <RefundDialog order={order} onClose={() => setDialog(null)} /> : null}
      {dialog === 'cancel' ? <CancelDialog order={order} onClose={() => setDialog(null)} /> : null}
    </>
  );
}
