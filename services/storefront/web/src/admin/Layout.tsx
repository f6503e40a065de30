import { Menu as MenuIcon } from 'lucide-react';
import { Suspense } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { NavLink, Outlet, useLocation } from 'react-router';

import { Button } from '@/ui/Button';
import { Skeleton } from '@/ui/states';

import { Gate } from './Gate';
import styles from './layout.module.css';
import { placeOf, PLACES } from './nav';

/** All pages on a phone, where there is no room beside the page. */
function PhoneNav() {
  const { t } = useTranslation('admin');
  const here = placeOf(useLocation().pathname);
  return (
    <div className={styles.phone}>
      <MenuTrigger>
        <Button look="plain" size="small"><MenuIcon aria-hidden />{t('menu')}{here ? <span className="dim">{t(`nav.${here.id}`)}</span> : null}</Button>
        <Popover placement="bottom start">
          <Menu className={styles.menu ?? ''} aria-label={t('menu')}>
            {PLACES.map(({ id, to, icon: Icon }) => (
              <MenuItem key={id} id={id} href={to} className={styles.item ?? ''} textValue={t(`nav.${id}`)}><Icon aria-hidden />{t(`nav.${id}`)}</MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
    </div>
  );
}

/** What all pages of the admin have around them. Shown to administrators alone. */
export function Component() {
  const { t } = useTranslation('admin');
  return (
    <div className={styles.layout}>
      <nav className={styles.side} aria-label={t('title')}>
        <p className={styles.heading}>{t('title')}</p>
        {PLACES.map(({ id, to, icon: Icon }) => (
          <NavLink key={id} to={to} end={to === '/admin'}><Icon aria-hidden />{t(`nav.${id}`)}</NavLink>
        ))}
      </nav>
      <PhoneNav />
      <div className={styles.content}>
        <Gate>
          <Suspense fallback={<Skeleton height="60vh" />}><Outlet /></Suspense>
        </Gate>
      </div>
    </div>
  );
}
