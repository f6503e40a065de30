import { bearer, enter, found, paidOrder, told } from './admin-kit';
import { address, unique } from './shop-kit';
import { expect, product, test } from './street';

interface Order { status: string; note?: string; reason?: string; user_id: string }

test('many orders are shipped at once, and what can’t be shipped is left out', async ({ page, request }) => {
  const id = await product(request, { name: unique('Daifuku'), price: 180 });
  const orders = await Promise.all([1, 2, 3].map((pieces) => paidOrder(request, id, pieces)));
  expect((await request.post(`/orders/${orders[2] ?? ''}/cancel`, { headers: await bearer(request), data: {} })).ok()).toBe(true);
  await expect.poll(async () => (await told<Order>(request, `/orders/${orders[2] ?? ''}`)).status).toBe('cancelled');
  await enter(page, `/admin/orders?product=${id}`);
  await expect(page.getByRole('row')).toHaveCount(4);
  await page.getByLabel('Select all on this page').check();
  await expect(page.getByRole('toolbar').getByText('3 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Ship (2)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Ship 2 orders' });
  await expect(dialog).toContainText('1 of the chosen are left out: only paid orders can be shipped.');
  await expect(dialog.getByRole('row')).toHaveCount(3);
  expect(await found(page)).toEqual([]);
  // Each takes its time at the API, so that the progress can be read.
  const held: (() => void)[] = [];
  await page.route('**/orders/*/ship', async (route) => {
    await new Promise<void>((go) => held.push(go));
    await route.continue();
  });
  await dialog.getByRole('button', { name: 'Ship 2', exact: true }).click();
  await expect(dialog.getByText('0 of 2 done, 0 failed')).toBeVisible();
  await expect(dialog.getByText('Working')).toHaveCount(2);
  await expect.poll(() => held.length).toBe(2);
  held[0]?.();
  await expect(dialog.getByText('1 of 2 done, 0 failed')).toBeVisible();
  await expect(dialog.getByRole('progressbar', { name: 'Progress' })).toHaveAttribute('aria-valuenow', '1');
  held[1]?.();
  await expect(dialog).toContainText('All done.');
  await expect(dialog.getByText('Done', { exact: true })).toHaveCount(2);
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  for (const order of orders.slice(0, 2)) await expect.poll(async () => (await told<Order>(request, `/orders/${order}`)).status).toBe('shipped');
  await expect(page.getByRole('row').getByText('Shipped', { exact: true })).toHaveCount(2);
});

test('many orders are cancelled at once; one that fails holds up no other, and is repeated', async ({ page, request }) => {
  const id = await product(request, { name: unique('Manju'), price: 90 });
  const orders = await Promise.all([2, 4].map((pieces) => paidOrder(request, id, pieces)));
  await enter(page, `/admin/orders?product=${id}`);
  await expect(page.getByRole('row')).toHaveCount(3);
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('button', { name: 'Cancel (2)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel 2 orders' });
  await expect(dialog).toContainText('In all¥540');
  await dialog.getByLabel('Note').fill('The kitchen is closed. <i>Sorry</i>');
  expect(await found(page)).toEqual([]);
  await page.route(`**/orders/${orders[0] ?? ''}/cancel`, (route) => route.fulfill({ status: 409, contentType: 'application/problem+json', json: { type: '/problems/not-cancellable', title: 'It can be cancelled no more', status: 409 } }));
  await dialog.getByRole('button', { name: 'Cancel 2', exact: true }).click();
  await expect(dialog.getByText('1 of 2 done, 1 failed')).toBeVisible();
  await expect(dialog.getByRole('alert')).toContainText('1 could not be done.');
  await page.unrouteAll();
  await dialog.getByRole('button', { name: 'Repeat 1' }).click();
  await expect(dialog).toContainText('All done.');
  for (const order of orders) await expect.poll(() => told<Order>(request, `/orders/${order}`)).toMatchObject({ status: 'cancelled', reason: 'customer_request', note: 'The kitchen is closed. <i>Sorry</i>' });
});

test('an order is found by its number, and cancelled with a note', async ({ page, request }) => {
  const id = await product(request, { name: unique('Monaka'), price: 210 });
  const [order, other] = await Promise.all([paidOrder(request, id, 1), paidOrder(request, id, 1)]);
  await enter(page, '/admin/orders');
  const search = page.getByRole('searchbox', { name: 'Order or customer number' });
  // A customer's number leaves that one's orders, an order's leads to it.
  const { user_id } = await told<Order>(request, `/orders/${order}`);
  await search.fill(user_id);
  await search.press('Enter');
  await expect(page).toHaveURL(new RegExp(`customer=${user_id}`));
  const rows = page.getByRole('row');
  await expect(rows.locator(`a[href$="${order}"]`)).toBeVisible();
  await expect(rows.locator(`a[href$="${other}"]`)).toHaveCount(0);
  await search.fill(order);
  await search.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/admin/orders/${order}$`));

  await page.getByRole('button', { name: 'Cancel order' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel the order' });
  await expect(dialog).toContainText('¥210 goes back to the customer');
  await dialog.getByLabel('Note').fill('The customer called.');
  expect(await found(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Cancel the order' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('main')).toContainText('Note: The customer called.');
  await expect(page.getByText('Cancelled', { exact: true }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel order' })).toHaveCount(0);
  expect((await told<Order>(request, `/orders/${order}`)).status).toBe('cancelled');
  expect((await told<Order>(request, `/orders/${other}`)).status).toBe('paid');
});

test('pieces are added to a product’s stock', async ({ page, request }) => {
  const id = await product(request, { name: unique('Yokan'), price: 400, stock: 3 });
  await enter(page, `/admin/products/${id}`);
  const panel = page.getByRole('region', { name: 'Stock' });
  await expect(panel).toContainText(/Can be ordered\D*3\D/);
  await panel.getByRole('textbox', { name: 'Pieces to add' }).fill('12');
  await panel.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('12 added to the stock')).toBeVisible();
  await expect(panel).toContainText(/Can be ordered\D*15\D/);
  await expect.poll(async () => (await told<{ stock: number }>(request, `/products/${id}`)).stock).toBe(15);
});

test('a customer is looked at, and erased once who it is was typed', async ({ page, request }) => {
  const email = address('leaver');
  const registered = await request.post('/auth/register', { data: { email, password: 'correct horse battery' } });
  expect(registered.ok(), await registered.text()).toBe(true);
  const { access_token } = (await (await request.post('/auth/login', { data: { email, password: 'correct horse battery' } })).json()) as { access_token: string };
  const id = await product(request, { name: unique('Senbei'), price: 120 });
  const placed = await request.post('/orders', { headers: { authorization: `Bearer ${access_token}` }, data: { items: [{ product_id: id, quantity: 2 }] } });
  const { order_id } = (await placed.json()) as { order_id: string };
  await expect.poll(async () => (await told<Order>(request, `/orders/${order_id}`)).status).toBe('paid');

  await enter(page, `/admin/customers?email=${encodeURIComponent(email)}`);
  await page.getByRole('link', { name: email }).click();
  await expect(page.getByRole('heading', { level: 1, name: email })).toBeVisible();
  await expect(page.getByRole('region', { name: 'What they have bought' })).toContainText(/Spent\s*¥240/);
  await expect(page.locator(`a[href$="/admin/orders/${order_id}"]`)).toBeVisible();
  await page.getByRole('button', { name: 'Erase' }).click();
  const dialog = page.getByRole('dialog', { name: 'Erase this customer' });
  const go = dialog.getByRole('button', { name: 'Erase' });
  const typed = dialog.getByLabel(`Type “${email}” to confirm`);
  await typed.fill(email.slice(1));
  await expect(go).toBeDisabled();
  expect(await found(page)).toEqual([]);
  await typed.fill(email);
  await go.click();
  await expect(page).toHaveURL(/\/admin\/customers$/);
  await page.goto(`/admin/customers?email=${encodeURIComponent(email)}`);
  await expect(page.getByText('No customer matches')).toBeVisible();
  expect((await request.post('/auth/login', { data: { email, password: 'correct horse battery' } })).status()).toBe(401);
  // The order stays, under its number.
  expect((await told<Order>(request, `/orders/${order_id}`)).status).toBe('paid');
});

test('the dashboard counts what came in, what waits, and what runs low', async ({ page, request }) => {
  const low = unique('Nearly gone');
  const id = await product(request, { name: low, price: 555, stock: 2 });
  const order = await paidOrder(request, id, 1);
  await enter(page, '/admin');
  const sales = page.getByRole('region', { name: 'Sales' });
  const figure = async (name: string) => Number((await sales.locator('dl > div').filter({ hasText: name }).locator('dd').innerText()).replace(/[^\d]/g, ''));
  await expect.poll(() => figure('Captured')).toBeGreaterThanOrEqual(555);
  expect(await figure('Payments')).toBeGreaterThan(0);
  expect(await figure('Net sales')).toBe((await figure('Captured')) - (await figure('Refunded')));
  const stages = page.getByRole('list', { name: 'Orders by state' }).getByRole('listitem');
  await expect(stages).toHaveCount(5);
  await expect(stages.filter({ hasText: 'To be shipped' })).toContainText(/Paid\s*[1-9]/);
  await expect(page.getByRole('region', { name: 'Newest orders' }).locator('tbody tr').first()).toBeVisible();
  await stages.filter({ hasText: 'To be shipped' }).getByRole('link').click();
  await expect(page).toHaveURL(/\/admin\/orders\?status=paid$/);
  await expect(page.locator(`a[href$="/admin/orders/${order}"]`)).toBeVisible();
  // Others may run lower: the list behind the panel has all of them.
  await page.goto('/admin/stock?below=10&sort=available');
  await expect(page.getByRole('table').getByRole('row').filter({ hasText: low })).toContainText('1');
});
