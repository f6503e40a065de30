import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { NumberField } from '@/ui/NumberField';

import { piecesLeft } from '../logic/refund';
import type { Order } from './orders';
import styles from './refund.module.css';

/** How many pieces of each line are given back, at most those that were not yet. */
export function RefundLines({ order, pieces, onChange }: { order: Order; pieces: Readonly<Record<string, number>>; onChange: (pieces: Record<string, number>) => void }) {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  const left = piecesLeft(order);
  return (
    <ul className={styles.lines}>
      {order.items.map(({ product_id, name, price, quantity }) => {
        const most = left.get(product_id) ?? 0;
        return (
          <li key={product_id}>
            <span>{name}<br /><span className="dim numbers">{money(price, order.currency)} × {quantity}{most < quantity ? ` · ${t('refunding.left', { count: most })}` : ''}</span></span>
            <NumberField hideLabel label={t('refunding.pieces_of', { name })} value={pieces[product_id] ?? 0} minValue={0} maxValue={most} isDisabled={most === 0}
              onChange={(count) => onChange({ ...pieces, [product_id]: Number.isNaN(count) ? 0 : count })} />
          </li>
        );
      })}
    </ul>
  );
}
