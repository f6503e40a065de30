import { useQuery } from '@tanstack/react-query';
import { ExternalLink, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';

import { ProblemError } from '@/api/problem';
import { Button, LinkButton } from '@/ui/Button';
import { Failed, Skeleton } from '@/ui/states';

import { PageHead } from '../parts/PageHead';
import parts from '../parts/parts.module.css';
import { DeletedProduct } from './DeletedProduct';
import { DeleteDialog } from './DeleteDialog';
import { ImagesPanel } from './ImagesPanel';
import { PricesPanel } from './PricesPanel';
import { ProductForm } from './ProductForm';
import { productQuery } from './products';
import { StockPanel } from './StockPanel';

/** One product: its texts, price, pictures and stock. */
export function Component() {
  const { t } = useTranslation('admin');
  const { id = '' } = useParams();
  const [deleting, setDeleting] = useState(false);
  const { data: product, isError, error, refetch } = useQuery(productQuery(id));
  const back = { to: '/admin/products', text: t('nav.products') };
  if (isError && error instanceof ProblemError && error.status === 404) return <DeletedProduct id={id} />;
  if (!product) {
    return (
      <>
        <PageHead title={t('products.one')} back={back} />
        {isError ? <Failed error={error} again={() => void refetch()} /> : <Skeleton height="480px" />}
      </>
    );
  }
  return (
    <>
      <PageHead title={product.name} back={back} actions={
        <>
          <LinkButton size="small" href={`/shop/products/${id}`}><ExternalLink aria-hidden />{t('products.in_shop')}</LinkButton>
          <Button size="small" look="danger" onPress={() => setDeleting(true)}><Trash2 aria-hidden />{t('products.delete')}</Button>
        </>
      }>
        <span className={parts.id}>{id}</span> · {t('products.version', { version: product.version })}
      </PageHead>
      <div className={parts.columns}>
        <div className={parts.stack}>
          <ProductForm key={id} product={product} />
          <ImagesPanel id={id} />
        </div>
        <div className={parts.stack}>
          <StockPanel id={id} />
          <PricesPanel id={id} version={product.version} />
        </div>
      </div>
      {deleting ? <DeleteDialog product={product} onClose={() => setDeleting(false)} /> : null}
    </>
  );
}
