import { Signpost } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import { LinkButton } from '@/ui/Button';
import { Empty } from '@/ui/states';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty isPage icon={<Signpost aria-hidden />} title={t('not_found.title')}>
      <p>{t('not_found.text')}</p>
      <LinkButton href="/">{t('not_found.home')}</LinkButton>
    </Empty>
  );
}
