import type { APIRequestContext, Page } from '@playwright/test';

import { unique } from './shop-kit';
import { barriers, expect, product, test } from './street';

/** For this page alone, these two are the rivals: the street's own are other tests'. */
async function rivals(page: Page, first: string, second: string): Promise<void> {
  await page.route('**/tally/rivals', (route) => route.fulfill({ json: { first, second, version: 1 } }));
}

/** A product of this test alone, as rival; answers its name. */
async function sweet(page: Page, request: APIRequestContext): Promise<string> {
  const name = unique('Monaka');
  await rivals(page, await product(request, { name, price: 120 }), 'prod_nothing');
  return name;
}

const panel = (page: Page) => page.getByRole('complementary', { name: 'A tour of the street' });
const next = (page: Page) => panel(page).getByRole('button', { name: 'Next' }).click();
const step = (page: Page, title: string) => expect(panel(page).getByRole('heading', { name: title })).toBeVisible();

/** Opens the tour by its link, and goes on to where something is ordered. */
async function toOrder(page: Page): Promise<void> {
  await page.goto('/shop/cart?lang=en');
  await page.getByRole('contentinfo').getByRole('button', { name: 'Tour' }).click();
  for (const title of ['Welcome to the street', 'Look into the shop', 'Two rivals']) {
    await step(page, title);
    await next(page);
  }
  await step(page, 'Order one');
}

test('a visitor takes the tour, and an order travels', async ({ page, request }) => {
  const name = await sweet(page, request);
  await page.goto('/shop/cart?lang=en');
  await expect(panel(page)).toHaveCount(0);
  await page.getByRole('contentinfo').getByRole('button', { name: 'Tour' }).click();
  await expect(panel(page).getByRole('heading')).toBeFocused();
  await expect(panel(page)).toContainText('1 of 8');
  expect(await barriers(page)).toEqual([]);
  await next(page);
  await step(page, 'Look into the shop');
  await expect(page).toHaveURL(({ pathname }) => pathname === '/');
  await next(page);
  await step(page, 'Two rivals');
  await expect(page).toHaveURL(/\/live$/);
  await next(page);
  await step(page, 'Order one');
  await panel(page).getByRole('button', { name: `Order one ${name}` }).click();
  await step(page, 'Your order travels');
  const stations = panel(page).getByRole('listitem');
  await expect(stations).toHaveCount(6);
  await expect(panel(page).locator('[data-passed=true]')).toHaveCount(6);
  await expect(stations.last()).toHaveText(/Paid\+/);
  expect(await barriers(page)).toEqual([]);
  // A page that is loaded again knows the step, and the order.
  await page.reload();
  await step(page, 'Your order travels');
  await expect(panel(page).locator('[data-passed=true]')).toHaveCount(6);
  await next(page);
  await step(page, 'Everybody\'s screen moved');
  await expect(panel(page)).toContainText('the bar and the chart moved');
  await expect(page.getByRole('button', { name: new RegExp(`^${name}`) })).toContainText('1 is yours');
  await next(page);
  await step(page, 'Mails');
  await expect(panel(page).getByRole('link', { name: 'Open the inbox' })).toBeVisible();
  await next(page);
  await step(page, 'Behind the counter');
  await expect(panel(page)).toContainText('8 of 8');
  await panel(page).getByRole('button', { name: 'End the tour' }).last().click();
  await expect(panel(page)).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('contentinfo')).toBeVisible();
  await expect(panel(page)).toHaveCount(0);
});

test('where no rival is on sale the tour orders something else, and where nothing is it says what to do', async ({ page, request }) => {
  const name = unique('Manju');
  const id = await product(request, { name, price: 90 });
  const found: unknown = await (await request.get(`/products/${id}`)).json();
  let items: unknown[] = [];
  await rivals(page, 'prod_nothing', 'prod_neither');
  await page.route(/\/products\?in_stock=true/, (route) => route.fulfill({ json: { items, next_cursor: null } }));
  await toOrder(page);
  await expect(panel(page).getByRole('alert')).toContainText('Nothing is on sale right now.');
  expect(await barriers(page)).toEqual([]);
  await next(page);
  await expect(panel(page)).toContainText('You have not ordered on this tour.');
  await next(page);
  await expect(panel(page)).toContainText('This page moves for its two rivals');
  for (const title of ['Your order travels', 'Order one']) {
    await panel(page).getByRole('button', { name: 'Back' }).click();
    await step(page, title);
  }
  items = [found];
  // Whoever comes back to the step looks by themselves, perhaps late enough to find it.
  const [again, order] = [panel(page).getByRole('button', { name: 'Look again' }), panel(page).getByRole('button', { name: `Order one ${name}` })];
  await again.or(order).waitFor();
  if (await again.isVisible()) await again.click().catch(() => undefined);
  await order.click();
  await expect(panel(page).locator('[data-passed=true]')).toHaveCount(6);
});

test('an order of the tour that is refused, or cancelled, says why', async ({ page, request }) => {
  const id = await product(request, { name: unique('Sold out'), price: 90, stock: 0 });
  const shown = (await (await request.get(`/products/${id}`)).json()) as object;
  await rivals(page, id, 'prod_nothing');
  // It was in stock when the page looked.
  await page.route(`**/products/${id}`, (route) => route.fulfill({ json: { ...shown, stock: 1 } }));
  await page.route('**/orders', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json', json: { type: '/problems/unknown-product', title: 'No such product', status: 400, detail: 'It is gone.' } }));
  await toOrder(page);
  await panel(page).getByRole('button', { name: /^Order one/ }).click();
  await expect(panel(page).getByRole('alert')).toContainText('Not ordered');
  await expect(panel(page).getByRole('alert')).toContainText('It is gone.');
  await page.unroute('**/orders');
  await panel(page).getByRole('button', { name: 'Order something else' }).click();
  await panel(page).getByRole('button', { name: /^Order one/ }).click();
  await expect(panel(page).getByRole('alert')).toContainText('Not enough in stock.');
  expect(await barriers(page)).toEqual([]);
});

test('an order of the tour that was never answered is sent again as the same one, also by a page that is loaded again', async ({ page, request }) => {
  const name = await sweet(page, request);
  const keys: (string | null)[] = [];
  await page.route('**/orders', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    keys.push(await route.request().headerValue('idempotency-key'));
    // It arrives; its answer does not.
    await route.fetch();
    await route.abort('internetdisconnected');
  });
  await toOrder(page);
  await panel(page).getByRole('button', { name: `Order one ${name}` }).click();
  await expect(panel(page).getByRole('alert')).toContainText('No answer came.');
  await page.unroute('**/orders');
  await page.reload();
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/orders'));
  await panel(page).getByRole('button', { name: 'Send again' }).click();
  keys.push(await (await sent).headerValue('idempotency-key'));
  await expect(panel(page).locator('[data-passed=true]')).toHaveCount(6);
  expect(new Set(keys).size).toBe(1);
  await next(page);
  await expect(page.getByRole('button', { name: new RegExp(`^${name}`) })).toContainText('1 is yours');
});
