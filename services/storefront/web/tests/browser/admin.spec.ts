import type { APIRequestContext } from '@playwright/test';

import { bearer, enter, found, isForEverybody, paidOrder, png, told } from './admin-kit';
import { expect, product, test } from './street';

const refundedOf = async (request: APIRequestContext, order: string) => (await told<{ refunded: number }>(request, `/orders/${order}/payment`)).refunded;

test('who is no administrator is asked to sign in as one', async ({ page }) => {
  await page.goto('/admin/orders');
  await expect(page).toHaveURL(/\/shop\/sign-in\?next=%2Fadmin%2Forders/);
  await page.getByLabel('E-mail').fill('admin@example.com');
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The e-mail address or the password is wrong.');
});

test('a merchant puts a product with a picture on sale', async ({ page, request }) => {
  await enter(page, '/admin/products/new');
  const name = 'Warabi <img src=x onerror=alert(1)>';
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Name in English').fill('Warabimochi');
  await page.getByRole('textbox', { name: 'Price' }).fill('320');
  await page.getByRole('textbox', { name: 'First stock' }).fill('7');
  await page.getByLabel('Categories').fill('sweets/wagashi');
  await page.getByRole('button', { name: 'Add the product' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const id = new URL(page.url()).pathname.split('/').pop() ?? '';

  await page.locator('input[type=file]').setInputFiles([
    { name: 'warabi.png', mimeType: 'image/png', buffer: png(400, 300) },
    { name: 'fake.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture at all') },
    { name: 'page.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') },
  ]);
  await expect(page.getByText('Only JPEG and PNG are taken.')).toBeVisible();
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();
  await expect(page.getByText('It is neither a JPEG nor a PNG.')).toBeVisible();

  // Everybody sees it in the shop.
  const seen = (await (await request.get(`/products/${id}?lang=ja`)).json()) as { name: string; price: number; stock: number; images: string[]; categories: string[] };
  expect(seen).toMatchObject({ name, price: 320, stock: 7, categories: ['sweets/wagashi'] });
  await expect.poll(async () => ((await (await request.get(`/products/${id}`)).json()) as { images: string[] }).images.length).toBeGreaterThan(0);
  expect(await found(page)).toEqual([]);
});

test('nobody overwrites what somebody else has just changed', async ({ page, request }) => {
  const id = await product(request, { name: 'Kintsuba', price: 200 });
  await enter(page, `/admin/products/${id}`);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Kintsuba');
  await page.getByRole('textbox', { name: 'Price' }).fill('260');
  const before = await told<{ version: number }>(request, `/products/${id}`);
  const theirs = await request.put(`/products/${id}`, { headers: { ...(await bearer(request)), 'if-match': `"${before.version}"` }, data: { name: 'Kintsuba, large', description: '', price: 300 } });
  expect(theirs.status()).toBe(202);

  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Somebody else changed this' });
  await expect(dialog).toContainText('Kintsuba, large');
  await expect(dialog.getByRole('heading', { name: /^Price/ })).toContainText('Both changed it');
  const save = dialog.getByRole('button', { name: 'Save what was chosen' });
  await expect(save).toBeDisabled();
  expect(await found(page)).toEqual([]);
  await dialog.getByRole('radiogroup', { name: 'Price' }).getByText('Mine').click();
  await save.click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => told(request, `/products/${id}?lang=ja`)).toMatchObject({ name: 'Kintsuba, large', price: 260 });
  await expect(page.getByRole('region', { name: 'Price history' }).first()).toContainText('¥260');
});

test('many orders are refunded at once, after a look at the money', async ({ page, request }) => {
  const id = await product(request, { name: 'Ohagi', price: 150 });
  const orders = await Promise.all([paidOrder(request, id, 2), paidOrder(request, id, 3)]);
  await enter(page, `/admin/orders?product=${id}`);
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('button', { name: 'Refund (2)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Refund 2 orders' });
  await expect(dialog).toContainText('Given back in all¥750');
  await expect(dialog.getByRole('button', { name: 'Refund 2' })).toBeDisabled();
  await dialog.getByLabel('Reason').fill('A bad batch. <b>Sorry</b>');
  expect(await found(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Refund 2' }).click();
  await expect(dialog).toContainText('All done.');
  await expect(dialog.getByText('Done', { exact: true })).toHaveCount(2);
  const [two, three] = orders;
  await expect.poll(() => refundedOf(request, two)).toBe(300);
  await expect.poll(() => refundedOf(request, three)).toBe(450);
});

test('an order is shipped, and some of its pieces are refunded', async ({ page, request }) => {
  const id = await product(request, { name: 'Kusamochi', price: 130 });
  const order = await paidOrder(request, id, 3);
  await enter(page, `/admin/orders/${order}`);
  await page.getByRole('button', { name: 'Ship', exact: true }).click();
  await expect(page.getByText('Shipped', { exact: true }).first()).toBeVisible();
  expect((await told<{ status: string }>(request, `/orders/${order}`)).status).toBe('shipped');

  await page.getByRole('button', { name: 'Refund', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Refund' });
  await dialog.getByRole('textbox', { name: 'Pieces of Kusamochi to refund' }).fill('2');
  await dialog.getByLabel('Reason').fill('Two were squashed.');
  await expect(dialog.getByTestId('given')).toHaveText('−¥260');
  await expect(dialog.getByTestId('stays')).toHaveText('¥130');
  expect(await found(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Refund', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => refundedOf(request, order)).toBe(260);
  await expect(page.getByText('¥260 went back')).toBeVisible();
});

test('every page of the admin is there for everybody, on a phone too', async ({ page }) => {
  // Nine pages, each looked through.
  test.slow();
  await enter(page, '/admin');
  for (const path of ['', '/orders', '/products', '/stock', '/customers', '/customers?by=buyers', '/payments', '/carts', '/settings']) {
    await isForEverybody(page, `/admin${path}`);
  }
});
