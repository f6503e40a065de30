import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useSearchParams } from 'react-router';

import { Failed } from '@/ui/states';

import { useProductPages } from './data/products';
import { filters, NO_WISH, read, type Wish, write } from './data/wish';
import { linkedOrder } from './data/links';
import { CartBar } from './home/CartBar';
import { EmptyShop, NothingFound } from './home/Nothing';
import { Filters } from './home/Filters';
import { Grid, GridSkeleton } from './home/Grid';
import { Hero } from './home/Hero';
import styles from './home/home.module.css';
import { SearchBox } from './home/SearchBox';
import { useTitle } from './useTitle';

/** The shop's front: what there is, found by words and filters that the address keeps. */
function Shelves() {
  const { t } = useTranslation('shop');
  const [params, setParams] = useSearchParams();
  const wish = read(params);
  const pages = useProductPages(wish);
  const change = useCallback((next: Partial<Wish>) => setParams((before) => write({ ...read(before), ...next }), { replace: true, preventScrollReset: true }), [setParams]);
  const search = useCallback((q: string) => change({ q }), [change]);
  const products = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const found = pages.data?.pages[0]?.found ?? null;
  const wishes = wish.q !== '' || filters(wish) > 0;
  useTitle(wish.q || t('title'));

  return (
    <>
      <Hero />
      <div className={styles.tools}>
        <SearchBox q={wish.q} onSearch={search} />
        <Filters wish={wish} found={found} products={products} onChange={change} />
      </div>
      <p className={styles.told} aria-live="polite">
        {found && !pages.isPlaceholderData ? t('found', { count: found.total }) : ''}
        {found?.corrected && !pages.isPlaceholderData ? ` ${t('corrected', { words: found.corrected })}` : ''}
      </p>
      <h2 className="visually-hidden">{t('products')}</h2>
      {pages.isPending ? <GridSkeleton /> : null}
      {pages.isError && products.length === 0 ? <Failed error={pages.error} again={() => void pages.refetch()} /> : null}
      {pages.isSuccess && products.length === 0 ? wishes ? <NothingFound onReset={() => change(NO_WISH)} /> : <EmptyShop /> : null}
      {products.length > 0 ? <Grid products={products} stale={pages.isPlaceholderData} {...(pages.hasNextPage && { more: () => void pages.fetchNextPage() })} busy={pages.isFetchingNextPage} /> : null}
      <CartBar />
    </>
  );
}

/** Links in older mails lead here, with the order and its key behind the `#`: they go on to the order's page. */
export function Component() {
  const { hash } = useLocation();
  const linked = linkedOrder(hash);
  return linked ? <Navigate to={linked} replace /> : <Shelves />;
}
