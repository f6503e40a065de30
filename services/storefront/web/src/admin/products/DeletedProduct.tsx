import { useQuery } from '@tanstack/react-query';
import { PackageX, RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { ProblemError } from '@/api/problem';
import { Button, LinkButton } from '@/ui/Button';
import { Empty, Failed, Skeleton } from '@/ui/states';
import { say } from '@/ui/toasts';

import { useCommand } from '../parts/command';
import { PageHead } from '../parts/PageHead';
import parts from '../parts/parts.module.css';
import { Problem } from '../parts/Problem';
import { changed, pricesQuery, restore } from './products';

/** A product that is not on sale: it was deleted, and can be put on sale again, or it never was. */
export function DeletedProduct({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  // Only of a product that was there the shop knows prices.
  const prices = useQuery(pricesQuery(id));
  const restoring = useCommand(() => restore(id), async () => {
    say(t('deleting.restored'));
    await changed();
  });
  const never = prices.error instanceof ProblemError && prices.error.status < 500;
  return (
    <>
      <PageHead title={t('products.one')} back={{ to: '/admin/products', text: t('nav.products') }}><span className={parts.id}>{id}</span></PageHead>
      {prices.isPending ? <Skeleton height="240px" /> : prices.isError && !never ? <Failed error={prices.error} again={() => void prices.refetch()} /> : (
        <Empty icon={<PackageX aria-hidden />} title={t(never ? 'deleting.never' : 'deleting.off_sale')}>
          {never ? <LinkButton href="/admin/products">{t('nav.products')}</LinkButton> : (
            <>
              <p>{t('deleting.off_sale_text')}</p>
              <Problem error={restoring.error} />
              <Button look="primary" isPending={restoring.isPending} onPress={() => restoring.mutate(undefined)}><RotateCcw aria-hidden />{t('deleting.restore')}</Button>
            </>
          )}
        </Empty>
      )}
    </>
  );
}
