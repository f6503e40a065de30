import { Check, ShoppingBasket } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';

import { useCart } from '../cart';
import type { Product } from '../data/products';
import { Picture } from '../product/Picture';
import { Stock } from '../product/Stock';
import { useAdd } from '../product/useAdd';
import styles from './home.module.css';

/** A product on the shelf: one press puts it into the cart. */
export function Card({ product }: { product: Product }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  const { add, busy } = useAdd(product, true);
  const inCart = useCart().data?.items.find((item) => item.product_id === product.product_id)?.quantity ?? 0;
  const to = `/shop/products/${product.product_id}`;
  return (
    <li className={styles.card}>
      <Link className={styles.picture} to={to} tabIndex={-1} aria-hidden><Picture product={product} sizes="(max-width: 640px) 46vw, 280px" /></Link>
      <div className={styles.text}>
        <h3><Link to={to}>{product.name}</Link></h3>
        <p className={styles.line}>
          <span className={`${styles.price ?? ''} numbers`}>{money(product.price, product.currency)}</span>
          <Stock stock={product.stock} />
        </p>
        <Button look={product.stock <= 0 ? 'plain' : inCart ? 'primary' : 'soft'} isDisabled={product.stock <= 0} isPending={busy} onPress={() => add(1)} aria-label={`${t('add')}: ${product.name}`}>
          {product.stock <= 0 ? t('stock.none') : <>{busy ? null : inCart ? <Check aria-hidden /> : <ShoppingBasket aria-hidden />}{inCart ? t('added', { count: inCart }) : t('add')}</>}
        </Button>
      </div>
    </li>
  );
}
