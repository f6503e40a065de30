import { useState } from 'react';
import { ToggleButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import type { Schemas } from '@/api/client';
import { digitsOf } from '@/i18n/currency';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { NumberField } from '@/ui/NumberField';

import type { Wish } from '../data/wish';
import styles from './filters.module.css';

/** Prices from and to: ranges that a search has counted, or any two numbers. */
export function PriceFilter({ min, max, ranges, currency, onChange }: { min: number | null; max: number | null; ranges: readonly Schemas['PriceCount'][] | null; currency: string; onChange: (next: Partial<Wish>) => void }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  const [from, setFrom] = useState(min ?? NaN);
  const [to, setTo] = useState(max ?? NaN);
  // A range that is chosen, or taken back, shows in the fields.
  const [seen, setSeen] = useState({ min, max });
  if (seen.min !== min || seen.max !== max) {
    setSeen({ min, max });
    setFrom(min ?? NaN);
    setTo(max ?? NaN);
  }
  const number = (value: number) => (Number.isFinite(value) ? value : null);
  const format = { style: 'currency', currency, currencyDisplay: 'narrowSymbol', maximumFractionDigits: digitsOf(currency) } as const;
  return (
    <fieldset className={styles.group}>
      <legend>{t('filters.price')}</legend>
      {ranges && ranges.length > 1 ? (
        <div className={styles.chips}>
          {ranges.map((range) => {
            const selected = min === range.min_price && max === range.max_price;
            return (
              <ToggleButton key={range.min_price} className={styles.chip ?? ''} isSelected={selected} onChange={(on) => onChange(on ? { min: range.min_price, max: range.max_price } : { min: null, max: null })}>
                {range.max_price === null ? t('filters.from', { price: money(range.min_price, currency) }) : `${money(range.min_price, currency)} – ${money(range.max_price, currency)}`}
                <span className={`${styles.count ?? ''} numbers`}>{range.count}</span>
              </ToggleButton>
            );
          })}
        </div>
      ) : null}
      <form className={styles.prices} onSubmit={(event) => {
        event.preventDefault();
        onChange({ min: number(from), max: number(to) });
      }}>
        <NumberField label={t('filters.min')} minValue={0} value={from} onChange={setFrom} formatOptions={format} />
        <NumberField label={t('filters.max')} minValue={0} value={to} onChange={setTo} formatOptions={format} />
        <Button type="submit">{t('filters.apply')}</Button>
      </form>
    </fieldset>
  );
}
