import { addToCart, address, guestToken, placeOrder, takeOff, unique } from './shop-kit';
import { barriers, expect, product, test } from './street';

test('a cart that another device changed is shown as it is now', async ({ page, request }) => {
  const id = await product(request, { name: unique('Shared senbei'), price: 150 });
  await addToCart(page, id);
  await page.goto('/shop/cart');
  const quantity = page.getByRole('textbox', { name: /^Quantity of/ });
  await expect(quantity).toHaveValue('1');
  const headers = { authorization: `Bearer ${await guestToken(page)}`, 'if-match': '*' };
  expect((await request.put(`/cart/items/${id}`, { headers, data: { quantity: 5 } })).status()).toBe(200);
  await page.getByRole('button', { name: 'Increase' }).click();
  await expect(page.getByRole('alert')).toContainText('changed on another device');
  await expect(quantity).toHaveValue('5');
  await page.getByRole('button', { name: 'Increase' }).click();
  await expect(page.getByRole('link', { name: 'Cart, 6 items' })).toBeVisible();
  await page.getByRole('button', { name: /^Remove/ }).click();
  await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
});

test('a guest who registers keeps cart and orders', async ({ page, request }) => {
  const id = await product(request, { name: unique('Kept'), price: 100 });
  await addToCart(page, id);
  const order = await placeOrder(page);
  await addToCart(page, id);
  await page.goto('/shop/sign-in?new=1');
  await page.getByRole('textbox', { name: 'E-mail' }).fill(address('mei'));
  await page.getByRole('textbox', { name: 'Password' }).fill('password');
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page.getByText('hard to guess')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill('kinoko and takenoko');
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page.getByRole('banner').getByRole('button', { name: 'Account' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Cart, 1 item' })).toBeVisible();
  await page.goto(`/shop/orders/${order}`);
  await expect(page.getByText(order)).toBeVisible();
});

test('who signs in brings the cart along', async ({ page, request }) => {
  const id = await product(request, { name: unique('Carried'), price: 100 });
  const [email, password] = [address('mei'), 'kinoko and takenoko'];
  expect((await request.post('/auth/register', { data: { email, password } })).status()).toBe(202);
  await addToCart(page, id);
  await page.goto('/shop/sign-in?next=/shop/cart');
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill('takenoko and kinoko');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The e-mail address or the password is wrong');
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/shop\/cart/);
  await expect(page.getByRole('link', { name: 'Cart, 1 item' })).toBeVisible();
});

test('a customer changes the password, and deletes the account', async ({ page }) => {
  const password = 'kinoko and takenoko';
  await page.goto('/shop/sign-in?new=1&next=/shop/account&lang=en');
  await page.getByRole('textbox', { name: 'E-mail' }).fill(address('ken'));
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Register' }).click();
  await expect(page).toHaveURL(/\/shop\/account/);
  await expect(page.getByRole('textbox', { name: 'Current password' })).toBeVisible();
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('textbox', { name: 'Current password' }).fill('not this one');
  await page.getByRole('textbox', { name: 'New password' }).fill('daifuku and dango');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('The current password is wrong.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Current password' }).fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password was changed')).toBeVisible();
  await page.getByRole('button', { name: 'Delete account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click();
  await expect(page.getByText('Your account was deleted')).toBeVisible();
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('an order is cancelled once it was asked about', async ({ page, request }) => {
  const id = await product(request, { name: unique('Regret roll'), price: 700 });
  await addToCart(page, id);
  await placeOrder(page);
  await expect(page.getByRole('status').filter({ hasText: 'Paid' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel order' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
  await expect(dialog).toContainText('¥700');
  await dialog.getByRole('textbox').fill('<i>changed my mind</i>');
  await dialog.getByRole('button', { name: 'Cancel order' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'cancelled as you wished' })).toBeVisible();
  await expect(page.getByText('<i>changed my mind</i>')).toBeVisible();
});

test('the link in a mail shows its order to whoever has it, an old one too', async ({ page, request, another }) => {
  const inbox = process.env.INBOX_URL ?? '';
  const id = await product(request, { name: unique('Linked'), price: 100 });
  const email = address('link');
  await addToCart(page, id);
  const order = await placeOrder(page, /tok_visa/, email);
  let key = '';
  await expect(async () => {
    const found = (await (await request.get(`${inbox}/api/v1/search`, { params: { query: `to:${email}` } })).json()) as { messages: { ID: string }[] };
    const message = (await (await request.get(`${inbox}/api/v1/message/${found.messages[0]?.ID ?? ''}`)).json()) as { Text: string };
    key = new RegExp(`${order}\\?key=([\\w-]+)`).exec(message.Text)?.[1] ?? '';
    expect(key).not.toBe('');
  }).toPass();

  const other = await (await another()).newPage();
  await other.goto(new URL(`/#order=${order}&key=${key}`, page.url()).href);
  await expect(other).toHaveURL(new RegExp(`/shop/orders/${order}#key=`));
  await expect(other.getByText(order)).toBeVisible();
  await expect(other.getByText('You opened this from an e-mail.')).toBeVisible();
  await expect(other.getByRole('button', { name: 'Cancel order' })).toHaveCount(0);
  await other.goto(new URL(`/shop/orders/${order}#key=wrong`, page.url()).href);
  await other.reload();
  await expect(other.getByRole('heading', { name: 'Order not found' })).toBeVisible();
});

test('a product that was taken off sale says so', async ({ page, request }) => {
  const name = unique('Farewell');
  const id = await product(request, { name, price: 100 });
  await takeOff(request, id);
  await page.goto(`/shop/products/${id}?lang=en`);
  await expect(page.getByRole('heading', { name: `“${name}” is no longer on sale` })).toBeVisible();
});

test('filters stay in the address, and nothing found offers a way back', async ({ page, request }) => {
  const name = unique('Filtered');
  await product(request, { name, price: 321, categories: ['test/filters'] });
  await page.goto(`/?lang=en&q=${encodeURIComponent(name)}&min=300&max=400&category=test`);
  await expect(page.getByRole('heading', { level: 3, name })).toBeVisible();
  await page.getByRole('button', { name: 'Filter, 2 set' }).click();
  await expect(page.getByRole('dialog', { name: 'Filter' })).toBeVisible();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('textbox', { name: 'From' }).fill('350');
  await page.getByRole('button', { name: 'Apply prices' }).click();
  await expect(page).toHaveURL(/min=350/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: 'Show all products' }).click();
  await expect(page).not.toHaveURL(/min=|q=/);
  await expect(page.locator('main li').first()).toBeVisible();
});

test('a shop without products says what to do, and one that is away offers to try again', async ({ page }) => {
  await page.route(/\/products\?/, (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
  await page.goto('/?lang=en');
  await expect(page.getByRole('heading', { name: 'Getting ready to open' })).toBeVisible();
  await expect(page.getByText('make seed')).toBeVisible();
  await page.unroute(/\/products\?/);
  await page.route(/\/products\?/, (route) => route.fulfill({ status: 400, json: { type: '/problems/invalid-parameter', title: 'Bad', status: 400 } }));
  await page.goto('/?lang=en&sort=newest');
  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  await page.unroute(/\/products\?/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('main li').first()).toBeVisible();
});
