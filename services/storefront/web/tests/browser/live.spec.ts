import type { APIRequestContext, Page } from '@playwright/test';

import { unique } from './shop-kit';
import { administrator, asAdministrator, barriers, expect, fits, product, test } from './street';

/** Two products that nobody else buys, as rivals: other tests buy sweets meanwhile. */
async function rivals(request: APIRequestContext): Promise<[string, string]> {
  const pair: [string, string] = [await product(request, { name: 'Ramune', price: 120 }), await product(request, { name: 'Senbei <b>crisp</b>', price: 350 })];
  await choose(request, pair);
  return pair;
}

async function choose(request: APIRequestContext, pair: readonly [string, string]): Promise<void> {
  const chosen = await request.put('/tally/rivals', {
    headers: { authorization: `Bearer ${await administrator(request)}`, 'if-match': '*' },
    data: { first: pair[0], second: pair[1] },
  });
  expect(chosen.status()).toBe(200);
}

const button = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name} .*Buy one`) });
/** How many pieces of the first rival the page shows. */
const shows = (page: Page, count: number) => expect(page.getByRole('img', { name: `Ramune: ${count};` })).toBeVisible();
const isLive = (page: Page) => expect(page.getByRole('status')).toHaveText('Live');

// The rivals are the whole street's: one after the other.
test.describe.configure({ mode: 'serial' });

// Those of a street that has just been opened.
test.afterAll(({ request }) => choose(request, ['prod_kinoko', 'prod_takenoko']));

test('a press in one browser moves the other within a second of the payment, and is marked as one\'s own', async ({ another, page, request }) => {
  await rivals(request);
  const other = await (await another()).newPage();
  await Promise.all([page.goto('/live'), other.goto('/live')]);
  await Promise.all([isLive(page), isLive(other)]);
  await expect(button(page, 'Ramune')).toContainText('No sign-in needed');

  // Before the press that is measured, one that opens a guest's account and warms the street.
  await button(page, 'Ramune').press('Enter');
  await shows(other, 1);
  await expect(page.getByText('Paid', { exact: true })).toBeVisible();

  // What was bought by the minute: in words for who doesn't see the chart, and as its line.
  const line = other.locator('.recharts-line-curve').first();
  const drawn = await line.getAttribute('d');
  await expect(other.getByText('In the last 30 minutes: Ramune 1,')).toBeAttached();

  const moved = other.evaluate(() => {
    const counts = document.querySelector('[role=img]');
    return new Promise<number>((done) => {
      const watcher = new MutationObserver(() => {
        if (!counts?.getAttribute('aria-label')?.includes('Ramune: 2')) return;
        watcher.disconnect();
        done(Date.now());
      });
      if (counts) watcher.observe(counts, { attributes: true });
    });
  });
  const pressed = Date.now();
  await button(page, 'Ramune').click();
  const placed = page.locator('a[href^="/shop/orders/ord_"]');
  await expect(placed).toHaveCount(2);
  const order = await placed.first().getAttribute('href');
  const at = await moved;
  const token = await page.evaluate(() => (JSON.parse(localStorage.getItem('shotengai.guest') ?? '{}') as { token: string }).token);
  const events = await request.get(`${(order ?? '').replace('/shop', '')}/events`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await events.json()) as { items: { type: string; time: string }[] };
  const paid = Date.parse(items.find(({ type }) => type === 'OrderPaid')?.time ?? '');
  console.log(`the other browser moved ${at - pressed} ms after the press, ${at - paid} ms after the payment`);
  expect(at - paid).toBeLessThan(1000);
  await expect(other.getByText('In the last 30 minutes: Ramune 2,')).toBeAttached();
  await expect(line).not.toHaveAttribute('d', drawn ?? '');

  await expect(button(page, 'Ramune')).toContainText('2 are yours');
  await expect(button(other, 'Ramune')).toContainText('No sign-in needed');
  const latest = page.getByRole('region', { name: 'Bought just now' });
  await expect(latest.getByText('You', { exact: true })).toHaveCount(2);
  await expect(other.getByRole('region', { name: 'Bought just now' }).getByText('You')).toHaveCount(0);
  await expect(page.getByText('Ramune leads by 2')).toBeVisible();
  // What a product is called is text, whatever it is.
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Senbei <b>crisp</b>');
  expect(await barriers(page)).toEqual([]);
});

test('a connection that is cut is said, restored, and what was missed is there', async ({ page, request }) => {
  const [first] = await rivals(request);
  let isCut = false;
  let cut: () => Promise<void> = () => Promise.resolve();
  await page.routeWebSocket(/\/tally\/live/, (socket) => {
    if (isCut) {
      void socket.close({ code: 1013 });
      return;
    }
    socket.connectToServer();
    cut = () => socket.close({ code: 1012 });
  });
  await page.goto('/live');
  await isLive(page);
  isCut = true;
  await cut();
  await expect(page.getByRole('status')).toHaveText('Connection lost. Connecting again…');

  const guest = await request.post('/auth/guest', { data: { language: 'en' } });
  const { access_token } = (await guest.json()) as { access_token: string };
  const placed = await request.post('/orders', { headers: { authorization: `Bearer ${access_token}`, 'idempotency-key': first }, data: { items: [{ product_id: first, quantity: 3 }] } });
  expect(placed.status()).toBe(202);
  await expect
    .poll(async () => {
      const { products } = (await (await request.get('/tally')).json()) as { products: { product_id: string; sold: number }[] };
      return products.find(({ product_id }) => product_id === first)?.sold;
    })
    .toBe(3);
  isCut = false;
  await isLive(page);
  await shows(page, 3);
});

test('the numbers are there without a script', async ({ another, request }) => {
  const [first] = await rivals(request);
  const page = await (await another({ javaScriptEnabled: false })).newPage();
  const table = page.getByRole('table');
  // A page does not wait for a tally that is slow for once: then it says so, and offers to be loaded again.
  await page.goto('/live');
  await expect(async () => {
    await page.getByRole('link', { name: 'Reload' }).click();
    await expect(table).toContainText('Sold so far', { timeout: 1_000 });
  }).toPass();
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(table).toContainText(first);
});

test('it fits a phone and a wall, and goes without movement where that is asked for', async ({ page, request }) => {
  await rivals(request);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/live');
  await isLive(page);
  await fits(page, '/live');
  expect(await barriers(page)).toEqual([]);
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.goto('/live?wall');
  await isLive(page);
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await expect(button(page, 'Ramune')).toBeInViewport();
  await page.getByRole('link', { name: 'Leave big screen' }).click();
  await expect(page.getByRole('navigation')).toBeVisible();
});

test('the administrator finds other rivals by typing, and a live page that is open follows', async ({ another, page, request }) => {
  const names = [unique('Uiro'), unique('Kompeito')] as const;
  await rivals(request);
  for (const name of names) await product(request, { name, price: 200 });
  const viewer = await (await another()).newPage();
  await viewer.clock.install();
  await viewer.goto('/live?lang=en');
  await expect(viewer.getByRole('heading', { level: 1 })).toContainText('Ramune');

  await asAdministrator(page);
  await page.goto('/admin/settings?lang=en');
  const field = (side: string) => page.getByRole('combobox', { name: side });
  const option = (name: string) => page.getByRole('option', { name });
  await expect(field('On the left')).toHaveValue('Ramune');
  await field('On the left').fill('zzqqxx nothing');
  await expect(page.getByText('No product on sale is called so.')).toBeVisible();
  // What is not chosen is not kept.
  await page.keyboard.press('Tab');
  await expect(field('On the left')).toHaveValue('Ramune');
  await field('On the left').fill(names[0]);
  await option(names[0]).click();
  await expect(field('On the left')).toHaveValue(names[0]);
  // By keys alone: the field that follows takes what is typed in the place of what it held. It opens nothing by itself.
  await field('On the left').press('Tab');
  await expect(field('On the right')).toBeFocused();
  await expect(page.getByRole('listbox')).toHaveCount(0);
  await page.keyboard.type(names[1]);
  await expect(option(names[1])).toBeVisible();
  // What was chosen before stands first, so it is the second.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(option(names[1])).toHaveAttribute('data-focused', 'true');
  await page.keyboard.press('Enter');
  await expect(field('On the right')).toHaveValue(names[1]);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The rivals are changed')).toBeVisible();
  const chosen = (await (await request.get('/tally/rivals')).json()) as { first: string; second: string };
  const called = async (id: string) => ((await (await request.get(`/products/${id}`)).json()) as { name: string }).name;
  expect([await called(chosen.first), await called(chosen.second)]).toEqual([...names]);
  // Open pages ask once a minute.
  await viewer.clock.fastForward(61_000);
  await expect(viewer.getByRole('heading', { level: 1 })).toHaveText(`${names[0]} vs ${names[1]}`);
});
