import { ChevronLeft, PackageX, ShoppingBasket } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';

import { useFormats } from '@/i18n/format';
import { Button, LinkButton } from '@/ui/Button';
import { NumberField } from '@/ui/NumberField';
import { Empty, Failed, Skeleton } from '@/ui/states';

import { isGone, type Product, useFormerName, useProduct } from '../data/products';
import { useCategoryName } from '../useCategoryName';
import { useTitle } from '../useTitle';
import { Gallery } from './Gallery';
import styles from './product.module.css';
import { Stock } from './Stock';
import { useAdd } from './useAdd';

function Gone({ id }: { id: string }) {
  const { t } = useTranslation('shop');
  const name = useFormerName(id, true);
  useTitle(name ?? t('gone.title'));
  return (
    <Empty isPage icon={<PackageX aria-hidden />} title={name ? t('gone.named', { name }) : t('gone.title')}>
      <p>{name ? t('gone.text') : t('gone.unknown')}</p>
      <LinkButton href="/">{t('to_shop')}</LinkButton>
    </Empty>
  );
}

/** How many, into the cart, or straight to the checkout. */
function Buy({ product }: { product: Product }) {
  const { t } = useTranslation('shop');
  const navigate = useNavigate();
  const [quantity, setQuantity] = useState(1);
  const { add, busy } = useAdd(product);
  if (product.stock <= 0) return <p className={styles.sorry}>{t('stock.sorry')}</p>;
  return (
    <form className={styles.buy} onSubmit={(event) => {
      event.preventDefault();
      add(quantity);
    }}>
      <NumberField label={t('quantity')} minValue={1} maxValue={Math.min(product.stock, 999)} value={quantity} onChange={(value) => setQuantity(Number.isFinite(value) ? value : 1)} />
      <Button type="submit" size="large" isPending={busy}>{busy ? null : <ShoppingBasket aria-hidden />}{t('add')}</Button>
      <Button look="primary" size="large" isDisabled={busy} onPress={() => add(quantity, () => void navigate('/shop/checkout'))}>{t('buy_now')}</Button>
    </form>
  );
}

function Details({ product }: { product: Product }) {
  const { i18n } = useTranslation('shop');
  const { money } = useFormats();
  const nameOf = useCategoryName();
  const description = product.descriptions?.[i18n.language] ?? product.description;
  useTitle(product.name);
  return (
    <article className={styles.page}>
      <Gallery product={product} />
      <div className={styles.facts}>
        {product.categories?.length ? (
          <p className={styles.categories}>{product.categories.map((category) => <Link key={category} to={`/?${new URLSearchParams({ category }).toString()}`}>{nameOf(category)}</Link>)}</p>
        ) : null}
        <h1>{product.name}</h1>
        <p className={styles.line}><span className={`${styles.price ?? ''} numbers`}>{money(product.price, product.currency)}</span><Stock stock={product.stock} always /></p>
        {description ? <p className={styles.description}>{description}</p> : null}
        <Buy product={product} />
      </div>
    </article>
  );
}

export function Component() {
  const { t } = useTranslation('shop');
  const { id = '' } = useParams();
  const product = useProduct(id);
  return (
    <>
      <Link className={styles.back} to="/"><ChevronLeft aria-hidden />{t('back')}</Link>
      {product.data && !isGone(product.error) ? <Details key={id} product={product.data} /> : null}
      {product.isPending ? (
        <div className={styles.page}>
          <div className={styles.stage}><Skeleton height="100%" /></div>
          <div className={styles.facts}><Skeleton height="44px" width="60%" /><Skeleton height="36px" width="30%" /><Skeleton height="120px" /></div>
        </div>
      ) : null}
      {isGone(product.error) ? <Gone id={id} /> : product.isError && !product.data ? <Failed error={product.error} again={() => void product.refetch()} /> : null}
    </>
  );
}
