import { Button } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';

import { useProduct } from './data';
import styles from './live.module.css';
import { Sweet } from './Sweet';

interface Props {
  id: string;
  /** Which side of the street. */
  side: 'first' | 'second';
  /** What tally calls it, where the shop does not sell it. */
  name: string;
  /** Pieces sold and kept; null before the first picture. */
  count: number | null;
  /** Pieces that the visitor has bought. */
  own: number;
  /** Changes with every sale. */
  beat: number;
  /** Pieces of the sale that it changed with. */
  rise: number;
  onBuy: () => void;
}

/** A rival: one big button that buys one piece. */
export function Rival({ id, side, name, count, own, beat, rise, onBuy }: Props) {
  const { t } = useTranslation('live');
  const { money, count: number } = useFormats();
  const { product } = useProduct(id);
  const gone = product === null ? t('not_on_sale') : product && product.stock <= 0 ? t('sold_out') : null;
  const price = product ? money(product.price, product.currency) : '';
  return (
    <Button className={`${styles.rival ?? ''} ${styles[side] ?? ''}`} onPress={onBuy} isDisabled={gone !== null}>
      <Sweet product={id} beat={beat} />
      <span className={styles.name}>{name}</span>
      <span className={`${styles.count ?? ''} numbers`}>
        <span key={beat} className={beat > 0 ? styles.pop : undefined}>{count === null ? '–' : number(count)}</span>
        {beat > 0 ? <span key={`rise${beat}`} className={styles.rise} aria-hidden>+{number(rise)}</span> : null}
      </span>
      <span className={styles.press}>{gone ?? t('buy')}{gone === null && price ? <span className={styles.price}>{price}</span> : null}</span>
      <span className={styles.own} data-any={own > 0}>{own > 0 ? t('own', { count: own }) : t('own_none')}</span>
    </Button>
  );
}
