import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';

import type { Cart } from '../cart';
import styles from './checkout.module.css';
import { type ChangedPrice, totalAt } from './prices';

/** Both prices of what has changed, and the question whether it shall be ordered all the same. */
export function PricesChanged({ changes, cart, names, busy, onAccept, onClose }: { changes: readonly ChangedPrice[]; cart: Cart; names: (id: string) => string; busy: boolean; onAccept: () => void; onClose: () => void }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  const currency = changes[0]?.currency ?? cart.currency ?? 'JPY';
  return (
    <Dialog title={t('prices.title')} open onClose={onClose} busy={busy} foot={<><Button onPress={onClose} isDisabled={busy}>{t('prices.no')}</Button><Button look="primary" onPress={onAccept} isPending={busy} autoFocus>{t('prices.yes', { total: money(totalAt(cart.items, changes), currency) })}</Button></>}>
      <p>{t('prices.text')}</p>
      <table className={styles.changes}>
        <thead><tr><th scope="col">{t('prices.product')}</th><th scope="col">{t('prices.before')}</th><th scope="col">{t('prices.now')}</th></tr></thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.product_id}>
              <th scope="row">{names(change.product_id)}</th>
              <td className="numbers"><s>{money(change.price_in_cart, change.currency)}</s></td>
              <td className="numbers"><strong>{money(change.price, change.currency)}</strong></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
