import { expect, test } from './street';
import { addToCart, placeOrder, setPrice, unique } from './shop-kit';
import { barriers, fits, product } from './street';

test('a visitor browses, searches, buys as a guest and sees the order paid', async ({ page, request }) => {
  const name = unique('Walnut yokan');
  const id = await product(request, { name, price: 480, description: '<b>Sweet</b> beans' });
  await page.goto('/?lang=en');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('main li').first()).toBeVisible();
  expect(await barriers(page)).toEqual([]);

  await page.getByRole('combobox', { name: 'Search products' }).fill(name.slice(0, -2));
  await expect(page.locator(`datalist option[value="${name}"]`)).toBeAttached();
  await page.getByRole('combobox', { name: 'Search products' }).fill(name);
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === name);
  await expect(page.getByText('1 product found.')).toBeVisible();
  await page.getByRole('heading', { level: 3, name }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByText('<b>Sweet</b> beans')).toBeVisible();
  expect(await barriers(page)).toEqual([]);

  await page.getByRole('button', { name: 'Add to cart' }).click();
  await page.getByRole('link', { name: 'Cart, 1 item' }).click();
  // The product's page, which stands until then, can increase a number too.
  await expect(page.getByRole('heading', { level: 1, name: 'Cart' })).toBeVisible();
  await page.getByRole('button', { name: 'Increase' }).click();
  await expect(page.getByRole('definition').last()).toHaveText('¥960');
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('link', { name: 'Check out' }).click();
  await page.getByRole('textbox', { name: /E-mail/ }).fill('visitor@example.com');
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('button', { name: 'Place order' }).click();

  await expect(page.getByRole('heading', { name: 'Thank you for your order' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Paid' })).toBeVisible();
  await expect(page.getByText('Order confirmation')).toBeVisible();
  await expect(page.getByRole('link', { name: /^Cart$/ })).toBeVisible();
  // What was announced about the button that is gone is taken away after some seconds.
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('link', { name: 'Your orders' }).click();
  await expect(page.getByRole('link', { name: new RegExp(name) })).toContainText('¥960');
  expect(await barriers(page)).toEqual([]);
  expect(id).toMatch(/^prod_/);
});

test('a declined payment cancels the order and says why', async ({ page, request }) => {
  const id = await product(request, { name: unique('Declined dango'), price: 120 });
  await addToCart(page, id);
  await placeOrder(page, /tok_declined/);
  await expect(page.getByRole('status').filter({ hasText: 'The payment was not approved' })).toBeVisible();
  await expect(page.getByRole('list').getByText('Payment not approved').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel order' })).toHaveCount(0);
});

test('a changed price is shown with the old one, and asked about', async ({ page, request }) => {
  const name = unique('Moody mochi');
  const id = await product(request, { name, price: 200 });
  await addToCart(page, id);
  await setPrice(request, id, name, 260);
  await page.goto('/shop/checkout');
  await page.getByRole('button', { name: 'Place order' }).click();
  const dialog = page.getByRole('dialog', { name: 'Prices have changed' });
  await expect(dialog.getByRole('row', { name })).toContainText(/¥200.*¥260/);
  expect(await barriers(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Back to the cart' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'Place order' }).click();
  await dialog.getByRole('button', { name: 'Order for ¥260' }).click();
  await expect(page).toHaveURL(/\/shop\/orders\/ord_/);
  await expect(page.getByText('¥260').first()).toBeVisible();
});

test('a purchase needs no mouse', async ({ page, request }) => {
  const id = await product(request, { name: unique('Keyboard cake'), price: 300 });
  await page.goto(`/shop/products/${id}?lang=en`);
  const buy = page.getByRole('button', { name: 'Buy now' });
  await expect(buy).toBeVisible();
  for (let presses = 0; presses < 30 && !(await buy.evaluate((button) => button === document.activeElement)); presses += 1) await page.keyboard.press('Tab');
  await expect(buy).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/shop\/checkout/);
  const email = page.getByRole('textbox', { name: /E-mail/ });
  await expect(email).toBeVisible();
  for (let presses = 0; presses < 10 && !(await email.evaluate((field) => field === document.activeElement)); presses += 1) await page.keyboard.press('Tab');
  await page.keyboard.type('keys@example.com');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/shop\/orders\/ord_/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('the shop is in Japanese and English, at the press of a button', async ({ page, request }) => {
  const id = await product(request, { name: unique('Two tongues'), price: 300 });
  await page.goto(`/shop/products/${id}?lang=en`);
  await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
  await page.getByRole('button', { name: /Language/ }).click();
  await page.getByRole('menuitemradio', { name: '日本語' }).click();
  await expect(page.getByRole('button', { name: 'カートに入れる' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
  await page.goto('/shop/cart');
  await expect(page.getByRole('heading', { name: 'カート', exact: true })).toBeVisible();
});

test('nothing is wider than a phone', async ({ page, request }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const id = await product(request, { name: unique('Averyveryverylongnamewithoutanyspacewhatsoever'), price: 99_999 });
  await addToCart(page, id);
  for (const path of ['/?lang=en', `/shop/products/${id}`, '/shop/cart', '/shop/checkout', '/shop/orders', '/shop/sign-in', '/shop/account']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
    await expect(page.locator('main [aria-hidden][class*=skeleton]')).toHaveCount(0);
    await fits(page, path);
  }
});
