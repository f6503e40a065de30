import { useTranslation } from 'react-i18next';

import { Notice } from '@/ui/states';

/** Says which entries of a list can't be shown. */
export function DamagedRows({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation('admin');
  return ids.length === 0 ? null : <Notice tone="warn">{t('table.damaged', { count: ids.length, ids: ids.join(', ') })}</Notice>;
}
