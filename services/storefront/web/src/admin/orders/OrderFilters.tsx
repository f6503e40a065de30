import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Select, TextField } from '@/ui/Field';

import type { Address } from '../parts/address';
import parts from '../parts/parts.module.css';
import { SearchField } from '../parts/SearchField';
import { useProductChoices } from '../products/choices';

export const STAGES = ['pending', 'confirmed', 'paid', 'shipped', 'cancelled'] as const;
const ANY = 'any';

/** What a list of orders is narrowed by. An order's number, or a customer's, goes into the same field. */
export function OrderFilters({ address, onOrder }: { address: Address; onOrder: (id: string) => void }) {
  const { t } = useTranslation('admin');
  const products = useProductChoices(address.get('product'));
  const find = (text: string) => {
    if (text.startsWith('ord_')) onOrder(text);
    else address.set({ customer: text || undefined });
  };
  return (
    <div className={parts.filters}>
      <SearchField label={t('orders.find')} placeholder="ord_… / usr_…" value={address.get('customer') ?? ''} onFind={find} />
      <Select label={t('orders.state')} value={address.get('status') ?? ANY} onChange={(status) => address.set({ status: status === ANY ? undefined : status })}
        choices={[{ id: ANY, text: t('any') }, ...STAGES.map((id) => ({ id, text: t(`stage.${id}`) }))]} />
      <Select label={t('orders.product')} value={address.get('product') ?? ANY} onChange={(product) => address.set({ product: product === ANY ? undefined : product })}
        choices={[{ id: ANY, text: t('any') }, ...products]} />
      <TextField label={t('from')} type="date" value={address.get('from') ?? ''} onChange={(from) => address.set({ from })} />
      <TextField label={t('until')} type="date" value={address.get('until') ?? ''} onChange={(until) => address.set({ until })} />
      {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
    </div>
  );
}
