import { bearer, png, told } from './admin-kit';
import { unique } from './shop-kit';
import { barriers, expect, product, test } from './street';

test('refunds are shown with the order, each with its reason', async ({ page, request }) => {
  const id = await product(request, { name: unique('Refunded'), price: 150 });
  await page.goto(`/shop/products/${id}?lang=en`);
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await expect(page.getByRole('link', { name: /Cart, \d+ item/ })).toBeVisible();
  await page.goto('/shop/checkout');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page).toHaveURL(/\/shop\/orders\/ord_/);
  const order = /ord_[\w-]+/.exec(page.url())?.[0] ?? '';
  await expect.poll(async () => (await told<{ status: string }>(request, `/orders/${order}`)).status).toBe('paid');
  await expect(page.getByRole('region', { name: 'Refunds' })).toHaveCount(0);
  const refund = await request.post(`/orders/${order}/refund`, { headers: await bearer(request), data: { amount: 60, reason: 'One corner was gone. <b>Sorry</b>' } });
  expect(refund.status(), await refund.text()).toBe(202);
  await expect.poll(async () => (await told<{ refunded: number }>(request, `/orders/${order}/payment`)).refunded).toBe(60);
  await page.reload();
  const refunds = page.getByRole('region', { name: 'Refunds' });
  await expect(refunds.getByRole('listitem')).toHaveCount(1);
  await expect(refunds).toContainText('¥60');
  await expect(refunds.getByText('One corner was gone. <b>Sorry</b>')).toBeVisible();
  await expect(refunds.getByText('Refunded', { exact: true })).toBeVisible();
  expect(await barriers(page)).toEqual([]);
});

test('a search counts what each filter would leave, and a chip leaves just that', async ({ page, request }) => {
  const word = unique('Facet').replace(' ', '');
  const made: [string, number, number, string][] = [['Red', 100, 5, 'facets/red'], ['Crimson', 900, 5, 'facets/red'], ['Blue', 120, 0, 'facets/blue']];
  for (const [name, price, stock, category] of made) await product(request, { name: `${word} ${name}`, price, stock, categories: [category] });
  await page.goto(`/?lang=en&q=${word}`);
  await expect(page.getByRole('main').getByRole('heading', { level: 3 })).toHaveCount(3);
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const filters = page.getByRole('dialog', { name: 'Filter' });
  const chip = (group: string, name: RegExp) => filters.getByRole('group', { name: group }).getByRole('button', { name });
  await expect(chip('Category', /red\s*2$/)).toBeVisible();
  await expect(chip('Category', /blue\s*1$/)).toBeVisible();
  await expect(chip('Availability', /^In stock only\s*2$/)).toBeVisible();
  expect(await barriers(page)).toEqual([]);
  await chip('Category', /red\s*2$/).click();
  await expect(page).toHaveURL(/category=facets(\/|%2F)red/);
  await expect(chip('Category', /red/)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('main h3')).toHaveText([/Red$|Crimson$/, /Red$|Crimson$/]);
  await chip('Category', /red/).click();
  await chip('Availability', /^In stock only/).click();
  await expect(page).toHaveURL(/stock=1/);
  await expect(page.locator('main h3')).toHaveCount(2);
});

test('an uploaded photo has its placeholder until it is there, and moves nothing', async ({ page, request }) => {
  const name = unique('Photo');
  const id = await product(request, { name, price: 300 });
  const picture = png(400, 300);
  const asked = await request.post(`/products/${id}/images`, { headers: await bearer(request), data: { content_type: 'image/png', size: picture.length } });
  expect(asked.ok(), await asked.text()).toBe(true);
  const { upload } = (await asked.json()) as { upload: { method: string; url: string; headers: Record<string, string> } };
  expect((await request.fetch(upload.url, { method: upload.method, headers: upload.headers, data: picture })).ok()).toBe(true);
  await expect.poll(async () => (await told<{ images: string[] }>(request, `/products/${id}`)).images.length).toBeGreaterThan(0);

  // The photo is kept back, so that what stands there before can be seen.
  let send = () => undefined as unknown;
  const asks = new Promise<void>((go) => { send = go; });
  await page.route(({ pathname }) => /\.(webp|jpe?g|png)$/.test(pathname), async (route) => {
    await asks;
    await route.continue();
  });
  await page.addInitScript(() => {
    (window as unknown as { moved: number }).moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) (window as unknown as { moved: number }).moved += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(`/shop/products/${id}?lang=en`);
  const photo = page.getByRole('img', { name: new RegExp(name) });
  await expect(photo).toBeAttached();
  const frame = photo.locator('xpath=../..');
  await expect(frame).toHaveCSS('background-image', /^url\("data:image\/png/);
  await expect(photo).toHaveCSS('opacity', '0');
  const before = await frame.boundingBox();
  expect(before?.height).toBeGreaterThan(100);
  send();
  await expect(photo).toHaveCSS('opacity', '1');
  expect(await photo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  expect(await frame.boundingBox()).toEqual(before);
  expect(await page.evaluate(() => (window as unknown as { moved: number }).moved)).toBeLessThan(0.02);
});
