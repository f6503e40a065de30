import { useQuery } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { api, body } from '@/api/client';
import { Button, LinkButton } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import { NumberField } from '@/ui/NumberField';
import { say } from '@/ui/toasts';

import { creationOf, type Draft, EMPTY, faultsOf } from '../logic/product';
import { useCommand } from '../parts/command';
import { PageHead } from '../parts/PageHead';
import { Panel } from '../parts/Panel';
import parts from '../parts/parts.module.css';
import { Problem } from '../parts/Problem';
import { whole } from '../parts/whole';
import { ProductFields } from './ProductFields';
import { changed, create, PRODUCTS } from './products';
import styles from './products.module.css';

/** Puts a product on sale. Its pictures are uploaded on its own page, which comes next. */
export function Component() {
  const { t } = useTranslation('admin');
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [id, setId] = useState('');
  const [stock, setStock] = useState(0);
  const [tried, setTried] = useState(false);
  const any = useQuery({ queryKey: [PRODUCTS, 'currency'], queryFn: () => body(api.GET('/products', { params: { query: { limit: 1 } } })), staleTime: Infinity });
  // The street has one currency, which each of its products has.
  const currency = whole(any.data?.items).rows?.[0]?.currency ?? 'JPY';
  const creating = useCommand(create, async ({ product_id }) => {
    say(t('products.created'));
    await changed();
    await navigate(`/admin/products/${product_id}`);
  });
  const faults = faultsOf(draft);
  const isIdBad = id !== '' && !/^prod_[A-Za-z0-9_-]{1,64}$/.test(id);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(faults).length === 0 && !isIdBad) creating.mutate({ ...creationOf(draft, stock), ...(id && { product_id: id }) });
  };
  return (
    <>
      <PageHead title={t('products.new')} back={{ to: '/admin/products', text: t('nav.products') }} />
      <form noValidate onSubmit={submit}>
        <Panel title={t('products.about')}>
          <ProductFields draft={draft} onChange={(part) => setDraft((before) => ({ ...before, ...part }))} faults={tried ? faults : {}} currency={currency} />
          <div className={parts.pair}>
            <NumberField label={t('products.first_stock')} value={stock} onChange={(count) => setStock(Number.isNaN(count) ? 0 : count)} minValue={0} maxValue={1_000_000} />
            <TextField label={t('products.own_id')} hint={t('products.own_id_hint')} value={id} onChange={setId} placeholder="prod_…" error={tried && isIdBad ? t('products.fault.id') : undefined} />
          </div>
          <Problem error={creating.error} />
          <div className={styles.save}>
            <span>{t('products.pictures_next')}</span>
            <LinkButton href="/admin/products">{t('cancel')}</LinkButton>
            <Button type="submit" look="primary" isPending={creating.isPending}>{t('products.create')}</Button>
          </div>
        </Panel>
      </form>
    </>
  );
}
