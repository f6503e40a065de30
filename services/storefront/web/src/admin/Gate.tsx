import { LockKeyhole } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation } from 'react-router';

import { useWho } from '@/api/session';
import { LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Skeleton } from '@/ui/states';

/** Shows its children to an administrator. Everybody else signs in where all do, cart and all, and comes back. */
export function Gate({ children }: { children: ReactNode }) {
  const { t } = useTranslation('admin');
  const { person, isKnown, error } = useWho();
  const { pathname, search } = useLocation();
  const signIn = `/shop/sign-in?next=${encodeURIComponent(pathname + search)}`;
  if (person?.kind === 'administrator') return children;
  if (!isKnown) return <Unknown error={error}><Skeleton height="60vh" /></Unknown>;
  if (person?.kind !== 'customer') return <Navigate to={signIn} replace />;
  return (
    <Empty isPage icon={<LockKeyhole aria-hidden />} title={t('closed.title')}>
      <p>{t('closed.text')}</p>
      <LinkButton look="primary" href={signIn}>{t('closed.sign_in')}</LinkButton>
    </Empty>
  );
}
