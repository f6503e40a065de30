import { Settings } from 'lucide-react';
import { type ComponentType, Suspense } from 'react';
import { useTranslation } from 'react-i18next';

import { LinkButton } from '@/ui/Button';
import { Empty, Skeleton } from '@/ui/states';

import { PageHead } from './parts/PageHead';

/** Parts of the settings, each a panel of its own: what `settings/index.ts` exports. */
const FILES = import.meta.glob<Record<string, ComponentType>>('./settings/index.ts', { eager: true });
const SECTIONS = Object.values(FILES).flatMap((parts) => Object.entries(parts));

/** What the merchant sets for the whole shop. */
export function Component() {
  const { t } = useTranslation('admin');
  return (
    <>
      <PageHead title={t('nav.settings')}>{t('settings.text')}</PageHead>
      {SECTIONS.length === 0 ? (
        <Empty icon={<Settings aria-hidden />} title={t('settings.none')}><p>{t('settings.none_text')}</p><LinkButton href="/admin/products">{t('nav.products')}</LinkButton></Empty>
      ) : (
        <Suspense fallback={<Skeleton height="40vh" />}>{SECTIONS.map(([name, Section]) => <Section key={name} />)}</Suspense>
      )}
    </>
  );
}
