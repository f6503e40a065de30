import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';

import { countOf, entriesOf, type Entry, run } from '../logic/bulk';
import { insist } from '../logic/commands';
import { requestOf } from '../logic/refund';
import parts from '../parts/parts.module.css';
import { type BulkKind, MAY } from './BulkBar';
import { BulkList } from './BulkList';
import { BulkProgress } from './BulkProgress';
import { BulkWish, useBulkWish } from './BulkWish';
import { cancel, type Order, refund, ship } from './orders';

/**
 * One action for many orders: the list and what it would do to each, a confirmation, progress, and what became of each.
 * Each fails alone; those that failed are repeated with the keys that they had.
 */
export function BulkDialog({ kind, orders, onClose }: { kind: BulkKind; orders: readonly Order[]; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const able = useMemo(() => orders.filter(MAY[kind]), [orders, kind]);
  const [entries, setEntries] = useState<Entry<Order>[]>(() => entriesOf(able, ({ order_id }) => order_id));
  const [phase, setPhase] = useState<'preview' | 'running' | 'over'>('preview');
  const wish = useBulkWish(kind);
  const stop = useRef(false);
  const begun = phase !== 'preview';
  const count = countOf(entries);
  const act = (order: Order, key: string) => insist<unknown>(() => {
    if (kind === 'ship') return ship(order.order_id);
    if (kind === 'cancel') return cancel(order.order_id, wish.note);
    return refund(order.order_id, requestOf(order, wish.wish), key);
  });
  const begin = async () => {
    stop.current = false;
    setPhase('running');
    await run(entries, act, (id, outcome) => setEntries((before) => before.map((entry) => (entry.id === id ? { ...entry, outcome } : entry))), () => stop.current);
    setPhase('over');
  };
  const open = count.all - count.done;
  return (
    <Dialog title={t(`bulk.${kind}_title`, { count: count.all })} open wide busy={phase === 'running'} onClose={onClose} foot={
      phase === 'running' ? <Button onPress={() => { stop.current = true; }}>{t('bulk.stop')}</Button> : (
        <>
          <Button onPress={onClose}>{begun ? t('bulk.finish') : t('cancel')}</Button>
          {open > 0 ? (
            <Button look={kind === 'ship' || begun ? 'primary' : 'danger'} isDisabled={!begun && !wish.isReady} onPress={() => void begin()}>
              {begun ? t('bulk.again', { count: open }) : t(`bulk.${kind}_go`, { count: open })}
            </Button>
          ) : null}
        </>
      )
    }>
      {begun ? <BulkProgress count={count} isOver={phase === 'over'} /> : (
        <>
          {able.length < orders.length ? <p className="dim">{t(`bulk.left_out_${kind}`, { count: orders.length - able.length })}</p> : null}
          <BulkWish kind={kind} state={wish} />
        </>
      )}
      <div className={parts.stack}><BulkList kind={kind} entries={entries} wish={wish.wish} isBegun={begun} /></div>
    </Dialog>
  );
}
