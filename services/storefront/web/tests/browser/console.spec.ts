import type { Page } from '@playwright/test';

import { asAdministrator, barriers, expect, fits, product, test } from './street';

/** A guest buys two of something; answers the order. */
async function buy(page: Page): Promise<string> {
  const sweet = await product(page.request, { name: 'ねりきり', price: 300 });
  const guest = (await (await page.request.post('/auth/guest', { data: { language: 'en' } })).json()) as { access_token: string };
  const answer = await page.request.post('/orders', {
    headers: { authorization: `Bearer ${guest.access_token}`, 'idempotency-key': `console-${sweet}` },
    data: { items: [{ product_id: sweet, quantity: 2 }], payment_token: 'tok_visa' },
  });
  expect(answer.ok()).toBe(true);
  return ((await answer.json()) as { order_id: string }).order_id;
}

test('an order is followed through all services, and seen as it was', async ({ page }) => {
  await asAdministrator(page);
  const order = await buy(page);
  await page.goto('/admin/operations/orders?lang=en');
  await page.getByLabel('Order id').fill('something');
  await page.getByRole('button', { name: 'Show its journey' }).click();
  await expect(page.getByText('Enter an id that begins with ord_.')).toBeVisible();
  await page.getByLabel('Order id').fill(order);
  await page.getByRole('button', { name: 'Show its journey' }).click();

  // It moves by itself until it's paid.
  const waterfall = page.getByRole('table', { name: 'Waterfall' });
  await expect(waterfall.getByRole('rowheader', { name: /^OrderPaid/ })).toBeVisible();
  for (const type of ['OrderPlaced', 'StockReserved', 'PaymentAuthorized', 'OrderConfirmed', 'PaymentCaptured']) await expect(waterfall.getByRole('rowheader', { name: new RegExp(`^${type}`) })).toBeVisible();
  await expect(waterfall.getByRole('rowheader', { name: /^Mail/ }).first()).toBeVisible();
  const then = page.getByRole('complementary');
  await expect(then.getByText('paid', { exact: true })).toBeVisible();

  // To its beginning, by the keyboard: then it was pending, and nobody had looked at the payment.
  await page.getByRole('slider', { name: 'Moment' }).focus();
  await page.keyboard.press('Home');
  await expect(then.getByText('pending', { exact: true })).toBeVisible();
  await expect(then.getByText('not begun yet')).toBeVisible();
  await page.keyboard.press('End');
  await expect(then.getByText('paid', { exact: true })).toBeVisible();

  // One row for each service, and back by a key.
  await page.getByRole('button', { name: 'Compact' }).click();
  await expect(waterfall.getByRole('rowheader', { name: /^OrderPaid/ })).toHaveCount(0);
  await expect(waterfall.getByRole('rowheader', { name: /^billing/ })).toBeVisible();
  await page.keyboard.press('f');
  await expect(waterfall.getByRole('rowheader', { name: /^OrderPaid/ })).toBeVisible();

  // What it cost.
  const receipt = page.getByRole('region', { name: 'Receipt' });
  await expect(receipt.getByText(/¢$/)).toBeVisible();
  await expect(receipt.getByRole('rowheader', { name: /^PutItem/ })).toBeVisible();
});

test('words explain themselves, and keys lead from page to page', async ({ page }) => {
  await asAdministrator(page);
  const order = await buy(page);
  await page.goto(`/admin/operations/orders/${order}?lang=ja`);
  await page.getByRole('button', { name: '決め手の道' }).click();
  await expect(page.getByRole('dialog', { name: '決め手の道' })).toContainText('支払いや取り消しが待たなければならなかった');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'キーと用語' })).toContainText('デッドレター');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await expect(page).toHaveURL(/\/admin\/operations\/orders$/);
});

test('invariants and rebuilds show what the street tells, and name the commands for the rest', async ({ page }) => {
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  await expect(page.getByRole('heading', { name: 'Street map' })).toBeVisible();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/admin\/operations\/invariants$/);
  const checks = page.getByRole('main').getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3 }) });
  await expect(checks).toHaveCount(7);
  await expect(checks.filter({ hasText: 'Every process is ready' })).toContainText('holds');
  await expect(page.getByText(/^Looked at /)).toBeVisible();
  await expect(page.getByText('shotengai rebuild read-models --check')).toBeVisible();
  await page.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name: 'Rebuilds' }).click();
  const live = page.getByRole('region', { name: 'The read models that are live' });
  await expect(live).toContainText('up to date');
  await expect(live).toContainText(/Processes ready\s*1 \/ 1/);
  await expect(page.getByText('shotengai projections switch')).toBeVisible();
});

test('an order that is placed walks over the map as a lantern, which says what it is and leads to its journey', async ({ page }) => {
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  await expect(page.getByText('Each lantern is a step that an order makes now.')).toBeVisible();
  const order = await buy(page);
  // It moves and ends, so it is found and pointed at in one moment; then it stands still. The mouse stays out of the way.
  await page.mouse.move(0, 0);
  const pointed = await page.waitForFunction((order) => {
    const lantern = document.querySelector(`[data-order="${order}"]`);
    lantern?.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
    return lantern?.getAttribute('data-step');
  }, order);
  const step = await pointed.jsonValue();
  await expect(page.getByText(`${step ?? ''}${order}`, { exact: true })).toBeVisible();
  await expect(page.locator('details').filter({ hasText: 'Orders that moved last' }).getByText(order)).toBeAttached();
  await page.locator(`[data-order="${order}"][data-step="${step ?? ''}"]`).first().dispatchEvent('click');
  await expect(page).toHaveURL(new RegExp(`/admin/operations/orders/${order}$`));
});

test('who wants nothing to move reads the steps of orders as a list', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  await expect(page.getByText('Each lantern is a step that an order makes now.')).toHaveCount(0);
  await expect(page.getByText('Steps of orders are listed below as they are made.')).toBeVisible();
  const order = await buy(page);
  const walked = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: order }) });
  await expect(walked).toContainText(/OrderPlaced.* → OrderPaid/);
  await expect(page.locator('[data-order]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);
});

test('nobody but the administrator gets in', async ({ page }) => {
  await page.goto('/admin/operations?lang=en');
  await expect(page.getByRole('heading', { name: 'Only the administrator sees this' })).toBeVisible();
});

for (const width of [390, 1280]) {
  test(`everybody can use the console at ${String(width)} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await asAdministrator(page);
    const order = await buy(page);
    for (const path of ['/admin/operations/orders', `/admin/operations/orders/${order}`, '/admin/operations', '/admin/operations/dead-letters', '/admin/operations/invariants', '/admin/operations/rebuilds', '/admin/operations/records']) {
      await page.goto(`${path}?lang=en`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (path.endsWith(order)) await page.getByRole('rowheader', { name: /^PutItem/ }).waitFor();
      await fits(page, path);
      expect(await barriers(page), path).toEqual([]);
    }
  });
}
