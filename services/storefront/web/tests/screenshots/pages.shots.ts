import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { administrator, expect, test } from '../browser/street';
import { setSomeAside } from './letters';

const INTO = process.env.SCREENSHOTS ?? join(import.meta.dirname, '../../../../../.local/screenshots');
const LOOKS = [
  { name: 'light-en', scheme: 'light', language: 'en', width: 1280, height: 800 },
  { name: 'dark-ja', scheme: 'dark', language: 'ja', width: 1280, height: 800 },
  { name: 'phone-ja', scheme: 'light', language: 'ja', width: 390, height: 844 },
  { name: 'phone-en', scheme: 'dark', language: 'en', width: 390, height: 844 },
] as const;
const ANYBODY = {
  home: '/', search: '/?q=%E3%83%81%E3%83%A7%E3%82%B3', product: '/shop/products/prod_kinoko', live: '/live', wall: '/live?wall', cart: '/shop/cart', checkout: '/shop/checkout', orders: '/shop/orders',
  account: '/shop/account', inbox: '/inbox', 'sign-in': '/shop/sign-in', register: '/shop/sign-in?new', nowhere: '/nowhere',
};
const ADMIN = {
  'admin-home': '/admin', 'admin-products': '/admin/products', 'admin-product': '/admin/products/prod_kinoko', 'admin-product-new': '/admin/products/new', 'admin-orders': '/admin/orders', 'admin-customers': '/admin/customers',
  'admin-payments': '/admin/payments', 'admin-stock': '/admin/stock', 'admin-carts': '/admin/carts', 'admin-settings': '/admin/settings', 'ops-street': '/admin/operations', 'ops-letters': '/admin/operations/dead-letters',
  'ops-orders': '/admin/operations/orders', 'ops-invariants': '/admin/operations/invariants', 'ops-rebuilds': '/admin/operations/rebuilds', 'ops-records': '/admin/operations/records',
};

const SWEETS = ['prod_kinoko', 'prod_takenoko', 'prod_dorayaki', 'prod_taiyaki', 'prod_senbei'];

for (const look of LOOKS) {
  test(look.name, async ({ browser, request }) => {
    const bearer = { authorization: `Bearer ${await administrator(request)}` };
    const context = await browser.newContext({
      baseURL: process.env.STREET_URL ?? '',
      colorScheme: look.scheme,
      locale: look.language === 'ja' ? 'ja-JP' : 'en-US',
      viewport: { width: look.width, height: look.height },
    });
    const page = await context.newPage();
    const keep = (name: string, fullPage = true) => page.screenshot({ path: join(INTO, `${name}.${look.name}.png`), fullPage });
    const shoot = async (name: string, path: string) => {
      await page.goto(path);
      await expect(page.getByRole('main')).toBeVisible();
      await page.waitForLoadState('networkidle');
      await keep(name);
    };
    await page.goto('/live');
    const buy = page.getByRole('main').getByRole('button').first();
    for (let n = 0; n < 3; n += 1) await buy.click();
    await page.goto('/shop/products/prod_takenoko');
    await page.getByRole('main').getByRole('button', { name: /cart|カート/i }).first().click();
    for (const [name, path] of Object.entries(ANYBODY)) await shoot(name, path);
    await page.goto('/inbox');
    await page.getByRole('main').locator('a[href*="mail="]').first().click();
    await page.waitForLoadState('networkidle');
    await keep('mail');
    await page.evaluate(() => sessionStorage.setItem('shotengai.tour', 'rivals'));
    await shoot('tour', '/live');
    await page.evaluate(() => sessionStorage.removeItem('shotengai.tour'));
    await shutAway(page, keep);
    const orders = (await (await request.get('/orders?limit=1', { headers: bearer })).json()) as { items: { order_id: string; user_id: string }[] };
    const { order_id: id = '', user_id: customer = '' } = orders.items[0] ?? {};
    const run = await setSomeAside(request, bearer);
    // Something to look at for the administrator and the operator: a busy minute of others' orders, a few of which fail.
    const guest = (await (await request.post('/auth/guest', { data: { language: look.language } })).json()) as { access_token: string };
    const order = (n: number) => request.post('/orders', {
      headers: { authorization: `Bearer ${guest.access_token}` },
      data: { items: [{ product_id: SWEETS[n % SWEETS.length], quantity: 1 + (n % 3) }], ...(n % 9 === 0 && { payment_token: 'tok_declined' }) },
    });
    await page.goto('/shop/sign-in?next=/admin');
    await page.locator('input[type=email]').fill('admin@example.com');
    await page.locator('input[type=password]').fill('admin123');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(({ pathname }) => pathname === '/admin');
    const named = {
      order: `/shop/orders/${id}`, 'admin-order': `/admin/orders/${id}`, 'admin-customer': `/admin/customers/${customer}`, 'ops-journey': `/admin/operations/orders/${id}`, 'ops-run': `/admin/operations/runs/${run}`,
    };
    for (const [name, path] of Object.entries({ ...ADMIN, ...named })) {
      await Promise.all(Array.from({ length: 12 }, (_, n) => order(n)));
      await shoot(name, path);
    }
    await dialogs(page, id, keep);
    await context.close();
  });
}

type Keep = (name: string, fullPage?: boolean) => Promise<unknown>;

/** The shop while its answers are on their way, and when they don't come. */
async function shutAway(page: Page, keep: Keep): Promise<void> {
  const products = /\/products(\?|$)/;
  await page.route(products, () => undefined);
  await page.goto('/');
  await expect(page.getByRole('main')).toBeVisible();
  await keep('home-loading', false);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.route(products, (route) => route.fulfill({ status: 503, headers: { 'retry-after': '0' }, contentType: 'application/problem+json', json: { type: '/problems/unavailable', title: 'Not now', status: 503 } }));
  await page.goto('/');
  await expect(page.getByRole('main').getByRole('alert').first()).toBeVisible();
  await keep('home-error', false);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
}

/** What opens over the pages. */
async function dialogs(page: Page, order: string, keep: Keep): Promise<void> {
  const open = async (name: string, path: string, button: RegExp | null) => {
    await page.goto(path);
    await expect(page.getByRole('main')).toBeVisible();
    if (button) await page.getByRole('main').getByRole('button', { name: button }).first().click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await page.waitForLoadState('networkidle');
    await keep(name, false);
  };
  await open('admin-refund', `/admin/orders/${order}`, /^(Refund|返金)/);
  await open('admin-cancel', `/admin/orders/${order}`, /^(Cancel order|キャンセル)/);
  await open('ops-node', '/admin/operations?at=queue:tally-queue', null);
  await open('ops-consumer', '/admin/operations?at=consumer:billing-queue', null);
  await open('ops-rehearsal', '/admin/operations/dead-letters', /^Rehearse|リハーサル$/);
}
