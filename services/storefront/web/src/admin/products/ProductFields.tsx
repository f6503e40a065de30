import { useTranslation } from 'react-i18next';

import { TextField } from '@/ui/Field';
import { NumberField } from '@/ui/NumberField';

import { digitsOf } from '../logic/amounts';
import type { Draft, DraftFault, Part } from '../logic/product';
import parts from '../parts/parts.module.css';

interface Props {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  faults: Partial<Record<Part, DraftFault>>;
  currency: string;
}

/** What a product is called, says, costs and is found by. */
export function ProductFields({ draft, onChange, faults, currency }: Props) {
  const { t } = useTranslation('admin');
  const error = (part: Part) => {
    const fault = faults[part];
    return fault && t(`products.fault.${fault}`);
  };
  const text = (part: Exclude<Part, 'price'>) => ({
    label: t(`products.part.${part}`), value: draft[part], onChange: (value: string) => onChange({ [part]: value }), error: error(part),
  });
  return (
    <div className={parts.form}>
      <div className={parts.pair}>
        <TextField {...text('name')} isRequired />
        <TextField {...text('nameEn')} />
        <TextField {...text('description')} lines={4} />
        <TextField {...text('descriptionEn')} lines={4} />
        <NumberField label={t('products.part.price')} value={draft.price} onChange={(price) => onChange({ price })} minValue={0} error={error('price')} isRequired
          formatOptions={{ style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: digitsOf(currency) }} />
        <TextField {...text('categories')} lines={2} hint={t('products.categories_hint')} />
      </div>
      <TextField {...text('searchText')} hint={t('products.search_hint')} />
    </div>
  );
}
