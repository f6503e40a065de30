import { join } from 'node:path';

import { administrator, expect, test } from '../browser/street';

const INTO = process.env.SCREENSHOTS ?? join(import.meta.dirname, '../../../../../.local/screenshots');
const LOOKS = [
  { name: 'light-en', scheme: 'light', language: 'en', width: 1280, height: 800 },
  { name: 'dark-ja', scheme: 'dark', language: 'ja', width: 1280, height: 800 },
  { name: 'phone-ja', scheme: 'light', language: 'ja', width: 390, height: 844 },
] as const;
const ANYBODY = { home: '/', search: '/?q=%E3%83%81%E3%83%A7%E3%82%B3', product: '/shop/products/prod_kinoko', live: '/live', wall: '/live?wall', cart: '/shop/cart', checkout: '/shop/checkout', orders: '/shop/orders', inbox: '/inbox', 'sign-in': '/shop/sign-in', nowhere: '/nowhere' };
const ADMIN = {
  'admin-home': '/admin', 'admin-products': '/admin/products', 'admin-product': '/admin/products/prod_kinoko', 'admin-orders': '/admin/orders', 'admin-customers': '/admin/customers',
  'admin-payments': '/admin/payments', 'admin-stock': '/admin/stock', 'admin-carts': '/admin/carts', 'admin-settings': '/admin/settings', 'ops-street': '/admin/operations', 'ops-letters': '/admin/operations/dead-letters',
  'ops-invariants': '/admin/operations/invariants', 'ops-rebuilds': '/admin/operations/rebuilds',
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
    const shoot = async (name: string, path: string) => {
      await page.goto(path);
      await expect(page.getByRole('main')).toBeVisible();
      await page.waitForLoadState('networkidle');
      await page.screenshot({ path: join(INTO, `${name}.${look.name}.png`), fullPage: true });
    };
    await page.goto('/live');
    const buy = page.getByRole('main').getByRole('button').first();
    for (let n = 0; n < 3; n += 1) await buy.click();
    await page.goto('/shop/products/prod_takenoko');
    await page.getByRole('main').getByRole('button', { name: /cart|カート/i }).first().click();
    for (const [name, path] of Object.entries(ANYBODY)) await shoot(name, path);
    const orders = (await (await request.get('/orders?limit=1', { headers: bearer })).json()) as { items: { order_id: string }[] };
    const id = orders.items[0]?.order_id ?? '';
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
    for (const [name, path] of Object.entries({ ...ADMIN, 'admin-order': `/admin/orders/${id}`, 'ops-journey': `/admin/operations/orders/${id}` })) {
      await Promise.all(Array.from({ length: 12 }, (_, n) => order(n)));
      await shoot(name, path);
    }
    await context.close();
  });
}
