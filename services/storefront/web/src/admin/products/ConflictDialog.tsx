import { Check } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Badge, Notice } from '@/ui/states';

import type { Difference, Draft, Part } from '../logic/product';
import styles from './products.module.css';

type Side = 'mine' | 'theirs';

interface Props {
  differences: readonly Difference[];
  currency: string;
  onSettle: (taken: ReadonlySet<Part>) => void;
  onClose: () => void;
}

/** Shows what somebody else changed meanwhile, beside what is in the form, and lets choose for each part. */
export function ConflictDialog({ differences, currency, onSettle, onClose }: Props) {
  const { t } = useTranslation('admin');
  const { money } = useFormats();
  // What only they changed is theirs, unless somebody says otherwise.
  const [sides, setSides] = useState<Partial<Record<Part, Side>>>(() => Object.fromEntries(differences.filter(({ both }) => !both).map(({ part }) => [part, 'theirs'])));
  const shown = (value: Draft[Part]) => (typeof value === 'number' ? money(value, currency) : value || t('products.nothing'));
  const settle = (side?: Side) => onSettle(new Set(differences.filter(({ part }) => (side ?? sides[part]) === 'theirs').map(({ part }) => part)));
  const isOpen = differences.some(({ part }) => sides[part] === undefined);
  return (
    <Dialog title={t('conflict.title')} open wide onClose={onClose} foot={
      <>
        <Button onPress={() => settle('theirs')}>{t('conflict.take_theirs')}</Button>
        <Button onPress={() => settle('mine')}>{t('conflict.keep_mine')}</Button>
        <Button look="primary" isDisabled={isOpen} onPress={() => settle()}>{t('conflict.save_chosen')}</Button>
      </>
    }>
      <Notice tone="warn" alert>{t('conflict.text')}</Notice>
      <ul className={styles.differences}>
        {differences.map(({ part, before, mine, theirs, both }) => (
          <li key={part}>
            <h3>{t(`products.part.${part}`)}{both ? <Badge tone="warn">{t('conflict.both')}</Badge> : <Badge>{t('conflict.only_theirs')}</Badge>}</h3>
            <div role="radiogroup" className={styles.sides} aria-label={t(`products.part.${part}`)}>
              {([['mine', mine], ['theirs', theirs]] as const).map(([side, value]) => (
                <label key={side} className={styles.side}>
                  <input className="visually-hidden" type="radio" name={`conflict-${part}`} checked={sides[part] === side} onChange={() => setSides((now) => ({ ...now, [part]: side }))} />
                  <span>{t(`conflict.${side}`)}{sides[part] === side ? <Check aria-hidden /> : null}</span>
                  <span className={styles.value}>{shown(value)}</span>
                </label>
              ))}
            </div>
            <p className={styles.before}>{t('conflict.before')} {shown(before)}</p>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
