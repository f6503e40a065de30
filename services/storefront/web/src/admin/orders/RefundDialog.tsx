import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { NumberField } from '@/ui/NumberField';
import { Segmented } from '@/ui/Segmented';
import { say } from '@/ui/toasts';

import { digitsOf } from '../logic/amounts';
import { type Fault, preview, REASON_MOST, requestOf, type Wish } from '../logic/refund';
import { useCommand } from '../parts/command';
import parts from '../parts/parts.module.css';
import { Problem } from '../parts/Problem';
import { moved, type Order, refund } from './orders';
import styles from './refund.module.css';
import { RefundLines } from './RefundLines';
import { RefundPreview } from './RefundPreview';

const KINDS = ['lines', 'amount', 'all'] as const;
/** Faults of what is still to be typed: nobody is told off for them before they press the button. */
const QUIET: ReadonlySet<Fault> = new Set(['nothing', 'no_reason']);

/** Gives money back: pieces, an amount or all. Shows what that does to the order's money before it is done. */
export function RefundDialog({ order, onClose }: { order: Order; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const [wish, setWish] = useState<Wish>({ kind: 'lines', pieces: {}, restock: false, reason: '' });
  const [tried, setTried] = useState(false);
  const change = (part: Partial<Wish>) => setWish((before) => ({ ...before, ...part }));
  const seen = useMemo(() => preview(order, wish), [order, wish]);
  const giving = useCommand((request: ReturnType<typeof requestOf>, key) => refund(order.order_id, request, key), async () => {
    say(t('refunding.said'));
    onClose();
    await moved();
  });
  const amount = (
    <NumberField label={t(wish.kind === 'lines' ? 'refunding.other_amount' : 'refunding.amount')} {...(wish.kind === 'lines' && { hint: t('refunding.other_hint') })}
      value={wish.amount ?? Number.NaN} onChange={(value) => change({ amount: Number.isNaN(value) ? undefined : value })} minValue={0}
      formatOptions={{ style: 'currency', currency: order.currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: digitsOf(order.currency) }} />
  );
  const loud = seen.faults.filter((fault) => tried || !QUIET.has(fault));
  const give = () => {
    setTried(true);
    if (seen.faults.length === 0) giving.mutate(requestOf(order, wish));
  };
  return (
    <Dialog title={t('refunding.title')} open wide busy={giving.isPending} onClose={onClose} foot={
      <>
        <Button onPress={onClose} isDisabled={giving.isPending}>{t('cancel')}</Button>
        <Button look="danger" isPending={giving.isPending} onPress={give}>{t('refunding.go')}</Button>
      </>
    }>
      <div className={styles.sides}>
        <div className={parts.form}>
          <Segmented label={t('refunding.kind')} value={wish.kind} choices={KINDS.map((id) => ({ id, text: t(`refunding.by_${id}`) }))} onChange={(kind) => change({ kind, amount: undefined })} />
          {wish.kind === 'lines' ? <RefundLines order={order} pieces={wish.pieces} onChange={(pieces) => change({ pieces })} /> : null}
          {wish.kind === 'all' ? <p className="dim">{t('refunding.all_text')}</p> : amount}
          {wish.kind === 'amount' ? null : (
            <label className={parts.check}>
              <input type="checkbox" checked={wish.restock && order.status === 'shipped'} disabled={order.status !== 'shipped'} onChange={(event) => change({ restock: event.target.checked })} />
              <span>{t('refunding.restock')}<br /><span className="dim">{t(order.status === 'shipped' ? 'refunding.restock_text' : 'refunding.restock_later')}</span></span>
            </label>
          )}
          <TextField label={t('refunding.reason')} hint={t('refunding.reason_hint')} value={wish.reason} onChange={(reason) => change({ reason })} maxLength={REASON_MOST} isRequired />
        </div>
        <RefundPreview seen={seen} currency={order.currency} faults={loud} />
      </div>
      <Problem error={giving.error} />
    </Dialog>
  );
}
