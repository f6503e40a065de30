import { useTranslation } from 'react-i18next';

import { Badge } from '@/ui/states';

/** From how many pieces on nobody has to hurry. */
const FEW = 10;

/** Whether it can be had; how many, where there are few. */
export function Stock({ stock, always = false }: { stock: number; always?: boolean }) {
  const { t } = useTranslation('shop');
  if (stock <= 0) return <Badge tone="neutral">{t('stock.none')}</Badge>;
  if (stock < FEW) return <Badge tone="warn">{t('stock.few', { count: stock })}</Badge>;
  return always ? <Badge tone="good">{t('stock.there')}</Badge> : null;
}
