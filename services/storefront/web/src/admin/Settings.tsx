import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { Skeleton } from '@/ui/states';

import { PageHead } from './parts/PageHead';
import { RivalsSection } from './settings';

/** What the merchant sets for the whole shop. */
export function Component() {
  const { t } = useTranslation('admin');
  return (
    <>
      <PageHead title={t('nav.settings')}>{t('settings.text')}</PageHead>
      <Suspense fallback={<Skeleton height="40vh" />}><RivalsSection /></Suspense>
    </>
  );
}
