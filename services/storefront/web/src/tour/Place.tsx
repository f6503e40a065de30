import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Notice, Skeleton, useProblemText } from '@/ui/states';

import { useGoods } from './goods';
import { place } from './order';

/** The step at which the visitor orders: what there is to order, or what to do where there is nothing. */
export function Place({ onPlaced }: { onPlaced: () => void }) {
  const { t, i18n } = useTranslation('live');
  const problem = useProblemText();
  const { data: goods, error, isFetching, refetch } = useGoods();
  if (goods) {
    return (
      <Button look="primary" onPress={() => {
        place(goods.id, i18n.language);
        onPlaced();
      }}>{t('tour.place', { name: goods.name })}</Button>
    );
  }
  if (goods === undefined && !error) return <Skeleton height="40px" />;
  return (
    <Notice tone={error ? 'bad' : 'warn'} alert>
      <p>{error ? problem(error) : t('tour.nothing')}</p>
      <Button size="small" isPending={isFetching} onPress={() => void refetch()}>{t('tour.look')}</Button>
    </Notice>
  );
}
