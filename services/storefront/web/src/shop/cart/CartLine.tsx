import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { NumberField } from '@/ui/NumberField';

import type { CartItem } from '../cart';
import { Art } from '../art/Art';
import type { Product } from '../data/products';
import { Picture } from '../product/Picture';
import styles from './cart.module.css';

/** One product of the cart. Says where its price or its stock is another than the cart thinks. */
export function CartLine({ item, currency, product, gone, onQuantity }: { item: CartItem; currency: string; product: Product | undefined; gone: boolean; onQuantity: (quantity: number) => Promise<unknown> }) {
  const { t } = useTranslation('shop');
  const { money } = useFormats();
  // What was asked for shows until the cart has answered: with it, or that it is as it was.
  const [asked, setAsked] = useState<{ quantity: number } | null>(null);
  const shown = asked?.quantity ?? item.quantity;
  const set = (quantity: number) => {
    if (!Number.isFinite(quantity) || quantity === shown) return;
    const wish = { quantity };
    setAsked(wish);
    const answered = () => setAsked((now) => (now === wish ? null : now));
    onQuantity(quantity).then(answered, answered);
  };
  const name = product?.name ?? (gone ? t('gone.title') : '…');
  const to = `/shop/products/${item.product_id}`;
  return (
    <li className={styles.item}>
      <Link className={styles.picture} to={to} tabIndex={-1} aria-hidden>{product ? <Picture product={product} sizes="112px" /> : <Art id={item.product_id} name={name} />}</Link>
      <div className={styles.about}>
        <h2><Link to={to}>{name}</Link></h2>
        <p className="dim numbers">{t('cart.each', { price: money(item.price, currency) })}</p>
        {gone ? <p className={styles.warn}>{t('cart.gone')}</p> : null}
        {product && product.price !== item.price ? <p className={styles.warn}>{t('cart.price_now', { price: money(product.price, product.currency) })}</p> : null}
        {product && product.stock < item.quantity ? <p className={styles.warn}>{product.stock <= 0 ? t('cart.sold_out') : t('cart.only', { count: product.stock })}</p> : null}
      </div>
      <div className={styles.quantity}>
        <NumberField hideLabel label={t('cart.quantity_of', { name })} minValue={1} maxValue={1_000_000} value={shown} onChange={set} />
      </div>
      <p className={`${styles.sum ?? ''} numbers`}>{money(item.price * item.quantity, currency)}</p>
      <Button look="quiet" icon aria-label={t('cart.remove', { name })} onPress={() => void onQuantity(0).catch(() => undefined)}><Trash2 aria-hidden /></Button>
    </li>
  );
}
