import { CircleHelp, LockKeyhole } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink, Outlet, useLocation } from 'react-router';

import { useWho } from '@/api/session';
import { Button, LinkButton } from '@/ui/Button';
import { Unknown } from '@/ui/Unknown';
import { Empty, Skeleton } from '@/ui/states';

import { Help } from './Help';
import styles from './layout.module.css';
import { useKeys } from './parts/keys';

/** What all pages of operations have around them. The API refuses whoever is not the administrator; this only says so first. */
export function Component() {
  const { t } = useTranslation('console');
  const [helping, help] = useState(false);
  const { person, isKnown, error } = useWho();
  const { pathname } = useLocation();
  const tabs = useRef<HTMLElement>(null);
  useKeys(() => help(true));
  useEffect(() => {
    // On a phone there are more tabs than fit: the one that is open is in sight.
    const open = tabs.current?.querySelector<HTMLElement>('[aria-current=page]');
    if (open && tabs.current) tabs.current.scrollLeft = open.offsetLeft - tabs.current.offsetLeft - (tabs.current.clientWidth - open.clientWidth) / 2;
  }, [pathname, isKnown]);
  if (!isKnown) return <Unknown error={error}><Skeleton height="60vh" /></Unknown>;
  if (person?.kind !== 'administrator') {
    return (
      <Empty isPage icon={<LockKeyhole aria-hidden />} title={t('closed.title')}>
        <p>{t('closed.text')}</p>
        <LinkButton href={`/shop/sign-in?next=${encodeURIComponent(pathname)}`}>{t('closed.sign_in')}</LinkButton>
      </Empty>
    );
  }
  return (
    <div className={styles.console}>
      <div className={styles.bar}>
        <nav ref={tabs} className={styles.tabs} aria-label={t('nav.label')}>
          <NavLink to="/admin/operations" end>{t('nav.street')}</NavLink>
          <NavLink to="/admin/operations/dead-letters">{t('nav.letters')}</NavLink>
          <NavLink to="/admin/operations/orders">{t('nav.orders')}</NavLink>
          <NavLink to="/admin/operations/invariants">{t('nav.checks')}</NavLink>
          <NavLink to="/admin/operations/rebuilds">{t('nav.rebuilds')}</NavLink>
          <NavLink to="/admin/operations/records">{t('nav.records')}</NavLink>
        </nav>
        <Button look="quiet" size="small" onPress={() => help(true)}><CircleHelp aria-hidden /><span className={styles.wide}>{t('help.open')}</span></Button>
      </div>
      <Outlet />
      <Help open={helping} onClose={() => help(false)} />
    </div>
  );
}
