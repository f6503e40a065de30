import { CircleUser, Languages, ShoppingBasket } from 'lucide-react';
import { Suspense, useEffect, useRef } from 'react';
import { RouterProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Link, NavLink, Outlet, ScrollRestoration, useHref, useLocation, useNavigate } from 'react-router';

import { usePerson, useWho } from '@/api/session';
import { useCartCount } from '@/shop/cart';
import { go, STEPS } from '@/tour/state';
import { TourHost } from '@/tour/TourHost';
import { LinkButton } from '@/ui/Button';
import { Skeleton } from '@/ui/states';
import { Toasts } from '@/ui/toasts';

import { LateMenu } from './LateMenu';
import { inboxAt, places } from './places';
import styles from './shell.module.css';

function Nav() {
  const { t } = useTranslation();
  const person = usePerson();
  return (
    <nav className={styles.nav} aria-label={t('nav.label')}>
      <NavLink to="/" end>{t('nav.shop')}</NavLink>
      <NavLink to="/live">{t('nav.live')}</NavLink>
      <NavLink to="/shop/orders">{t('nav.orders')}</NavLink>
      {person?.kind === 'administrator' ? <NavLink to="/admin">{t('nav.admin')}</NavLink> : null}
    </nav>
  );
}

function Cart() {
  const { t } = useTranslation();
  const count = useCartCount();
  return (
    <span className={styles.cart}>
      <LinkButton look="quiet" icon href="/shop/cart" aria-label={count ? t('nav.cart_count', { count }) : t('nav.cart')}>
        <ShoppingBasket aria-hidden />
      </LinkButton>
      {count ? <span className={`${styles.count ?? ''} numbers`} aria-hidden>{count > 99 ? '99+' : count}</span> : null}
    </span>
  );
}

function Account() {
  const { t } = useTranslation();
  const { person, isKnown, error } = useWho();
  // Whoever has an account here is not offered to sign in for a moment, each time a page is loaded.
  if (!isKnown && !error) return null;
  if (!person || person.kind === 'guest') return <LinkButton look="quiet" size="small" href="/shop/sign-in">{t('nav.sign_in')}</LinkButton>;
  return <LateMenu label={t('nav.account')} load={async () => (await import('./Menus')).AccountMenu}><CircleUser aria-hidden /></LateMenu>;
}

function Display() {
  const { t } = useTranslation();
  return <LateMenu label={`${t('language.label')} / ${t('theme.label')}`} load={async () => (await import('./Menus')).DisplayMenu}><Languages aria-hidden /></LateMenu>;
}

function Footer() {
  const { t } = useTranslation();
  const inbox = inboxAt();
  return (
    <footer className={styles.footer}>
      <div>
        <p>{t('tagline')}</p>
        <button type="button" className={styles.tour} onClick={() => go(STEPS[0])}>{t('footer.tour')}</button>
        {inbox ? <Link to={inbox}>{t('footer.inbox')}</Link> : null}
        {places.health ? <a href={places.health}>{t('footer.health')}</a> : null}
        <a href="/docs">{t('footer.api')}</a>
        <a href="/problems">{t('footer.problems')}</a>
        <a href="/licences.txt">{t('footer.licences')}</a>
      </div>
    </footer>
  );
}

/** What every page has around it. Moves focus to the page's text when its address changes, as a new page would. */
export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus({ preventScroll: true });
    before.current = pathname;
  }, [pathname]);
  return (
    <RouterProvider navigate={(to) => void navigate(to)} useHref={useHref}>
      <div className={styles.page}>
        <header className={styles.header}>
          <a className={styles.skip} href="#main">{t('skip')}</a>
          <div className={styles.noren} aria-hidden />
          <div className={styles.bar}>
            <Link className={styles.brand} to="/" aria-label={t('brand')}>
              <img src="/favicon.svg" alt="" width="28" height="28" />
              <span>{t('brand')}</span>
            </Link>
            <Nav />
            <span className={styles.space} />
            <Cart />
            <Account />
            <Display />
          </div>
        </header>
        <main className={styles.main} id="main" ref={main} tabIndex={-1}>
          <Suspense fallback={<Skeleton height="60vh" />}><Outlet /></Suspense>
        </main>
        <Footer />
      </div>
      <TourHost />
      <Toasts />
      <ScrollRestoration />
    </RouterProvider>
  );
}
