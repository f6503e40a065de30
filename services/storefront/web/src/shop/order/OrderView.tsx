import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Notice } from '@/ui/states';

import { type Happened, isFinal, type Order } from '../data/orders';
import { CancelDialog } from './CancelDialog';
import { Head } from './Head';
import { Lines } from './Lines';
import { Mails } from './Mails';
import styles from './order.module.css';
import { Refunds } from './Refunds';
import { mails, timeline } from './timeline';
import { Timeline } from './Timeline';

/** All of one order. `byLink`: read by its key alone, which shows less and changes nothing. */
export function OrderView({ order, history, placed, byLink, offline }: { order: Order; history: readonly Happened[]; placed: boolean; byLink: boolean; offline: boolean }) {
  const { t } = useTranslation('shop');
  const { time } = useFormats();
  const [cancelling, setCancelling] = useState(false);
  const cancellable = !byLink && !isFinal(order) && order.status !== 'cancelled' && order.status !== 'shipped';
  const sent = mails(history);
  return (
    <>
      <Head order={order} placed={placed} />
      {offline ? <Notice tone="warn" alert>{t('order.offline')}</Notice> : null}
      <div className={styles.columns}>
        <div className={styles.parts}>
          <section className={styles.panel} aria-labelledby="way">
            <h2 id="way">{t('order.way')}</h2>
            <Timeline rows={timeline(order, history)} reason={order.reason} />
          </section>
          {order.refunds?.length ? <Refunds refunds={order.refunds} currency={order.currency} /> : null}
          {sent.length > 0 ? <Mails order={order.order_id} mails={sent} /> : null}
        </div>
        <aside className={styles.side}>
          <section className={styles.panel} aria-labelledby="lines">
            <h2 id="lines">{t('order.lines')}</h2>
            <Lines order={order} />
          </section>
          <dl className={styles.facts}>
            <div><dt>{t('order.number')}</dt><dd><code>{order.order_id}</code></dd></div>
            <div><dt>{t('order.placed_at')}</dt><dd>{time(order.placed_at)}</dd></div>
            {order.note ? <div><dt>{t('order.note')}</dt><dd className={styles.note}>{order.note}</dd></div> : null}
          </dl>
          {cancellable ? <Button look="danger" onPress={() => setCancelling(true)}>{t('cancel.open')}</Button> : null}
          {byLink ? <p className="dim">{t('order.by_link')}</p> : null}
        </aside>
      </div>
      {cancelling ? <CancelDialog order={order} onClose={() => setCancelling(false)} /> : null}
    </>
  );
}
