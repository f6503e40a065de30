import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge } from '@/ui/states';

/** Fewer pieces than this are marked as few. */
export const FEW = 20;

/** How many pieces can be ordered; few and none stand out, also without colour. */
export function StockCount({ count }: { count: number }) {
  const { t } = useTranslation('admin');
  const { count: format } = useFormats();
  if (count <= 0) return <Badge tone="bad">{t('products.sold_out')}</Badge>;
  return count < FEW ? <Badge tone="warn">{t('products.few', { count })}</Badge> : format(count);
}
