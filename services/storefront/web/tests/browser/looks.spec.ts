/** Pages that are reached by an id, and the other looks of all of them: on a phone, and in the dark. */
import type { APIRequestContext } from '@playwright/test';

import { found, isForEverybody, paidOrder, told } from './admin-kit';
import { address, unique } from './shop-kit';
import { asAdministrator, expect, product, test } from './street';

/** Pages of a product, of an order, and of whoever registered. */
async function pages(request: APIRequestContext): Promise<string[]> {
  const id = await product(request, { name: unique('Looks'), price: 210, description: 'Averyveryverylongwordwithoutanyspacewhatsoeverinit' });
  const order = await paidOrder(request, id, 2);
  const email = address('looked-at');
  expect((await request.post('/auth/register', { data: { email, password: 'correct horse battery' } })).ok()).toBe(true);
  const customer = async () => (await told<{ items: { user_id: string }[] }>(request, `/customers?email=${encodeURIComponent(email)}`)).items[0]?.user_id ?? '';
  await expect.poll(customer).not.toBe('');
  return [
    `/shop/products/${id}`, `/shop/orders/${order}`, '/admin/products/new', `/admin/products/${id}`, `/admin/orders/${order}`,
    `/admin/customers/${await customer()}`, `/admin/operations/orders/${order}`,
  ];
}

test('what is opened by an id is there for everybody, on a phone too', async ({ page, request }) => {
  await asAdministrator(page);
  for (const path of await pages(request)) {
    await isForEverybody(page, `${path}?lang=en`);
  }
});

test('the dark can be read', async ({ page, request }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await asAdministrator(page);
  const byId = await pages(request);
  for (const path of ['/', ...byId, '/live', '/live?wall', '/shop/cart', '/inbox', '/admin', '/admin/orders', '/admin/products', '/admin/operations', '/admin/operations/dead-letters', '/admin/operations/invariants', '/nowhere']) {
    await page.goto(`${path}${path.includes('?') ? '&' : '?'}lang=en`);
    await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
    await page.waitForLoadState('networkidle');
    expect(await found(page), path).toEqual([]);
  }
});
