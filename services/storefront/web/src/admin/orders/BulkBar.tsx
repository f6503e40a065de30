import { Ban, Truck, Undo2, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';

import { isRefundable } from '../logic/refund';
import parts from '../parts/parts.module.css';
import { canCancel, canShip, type Order } from './orders';

export type BulkKind = 'ship' | 'cancel' | 'refund';

export const MAY: Record<BulkKind, (order: Order) => boolean> = { ship: canShip, cancel: canCancel, refund: isRefundable };
const MARKS = { ship: Truck, cancel: Ban, refund: Undo2 };

/** What can be done with the chosen orders, and with how many of them. */
export function BulkBar({ orders, onAct, onClear }: { orders: readonly Order[]; onAct: (kind: BulkKind) => void; onClear: () => void }) {
  const { t } = useTranslation('admin');
  return (
    <div className={parts.bar} role="toolbar" aria-label={t('bulk.label')}>
      <strong aria-live="polite">{t('bulk.chosen', { count: orders.length })}</strong>
      {(['ship', 'cancel', 'refund'] as const).map((kind) => {
        const count = orders.filter(MAY[kind]).length;
        const Mark = MARKS[kind];
        return <Button key={kind} size="small" look={kind === 'ship' ? 'primary' : 'plain'} isDisabled={count === 0} onPress={() => onAct(kind)}><Mark aria-hidden />{t(`bulk.${kind}`, { count })}</Button>;
      })}
      <Button look="quiet" size="small" icon aria-label={t('bulk.clear')} onPress={onClear}><X aria-hidden /></Button>
    </div>
  );
}
