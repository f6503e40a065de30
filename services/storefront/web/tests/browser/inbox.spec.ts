import { addToCart, address, placeOrder, unique } from './shop-kit';
import { barriers, expect, fits, product, test } from './street';

test('the mails of an order are read in the shop, as HTML and as text, and their links lead back to it', async ({ page, request, context }) => {
  const [email, other] = [address('letters'), address('letters')];
  const id = await product(request, { name: unique('Letter mochi'), price: 120 });
  await addToCart(page, id);
  const order = await placeOrder(page, /tok_visa/, email);

  // From the order's page, to its mails and no others.
  const mails = page.getByRole('region', { name: 'E-mails we sent' });
  await mails.getByRole('link', { name: 'Read them in the inbox' }).click();
  await expect(page).toHaveURL((url) => url.pathname === '/inbox' && url.searchParams.get('q') === order);
  const list = page.getByRole('navigation', { name: 'Mails' });
  // They come by themselves.
  await expect(list.getByRole('link')).toHaveCount(2);
  await expect(list.getByText(email).first()).toBeVisible();

  await list.getByRole('link').last().click();
  const mail = page.getByRole('article');
  await expect(mail.getByText(email)).toBeVisible();
  const frame = mail.locator('iframe');
  await expect(frame).toHaveAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
  const inside = mail.frameLocator('iframe');
  await expect(inside.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(inside.getByText(order)).toBeVisible();
  // Nothing of a mail runs, whatever it brings.
  const origin = await frame.evaluate((element: HTMLIFrameElement) => element.contentDocument === null);
  expect(origin, 'the mail is of no origin of ours').toBe(true);
  await page.mouse.move(0, 0);
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);
  const opened = context.waitForEvent('page');
  await inside.getByRole('link').first().click();
  const shop = await opened;
  await expect(shop).toHaveURL((url) => url.pathname === `/shop/orders/${order}`);
  await shop.close();

  await mail.getByRole('radio', { name: 'Text' }).check({ force: true });
  await expect(mail.locator('pre')).toContainText(order);
  await expect(mail.locator('pre').getByRole('link').first()).toHaveAttribute('href', new RegExp(`/orders/${order}`));
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);

  // By an address; and where nothing is found, back to all.
  const search = page.getByRole('textbox', { name: 'Search mails' });
  await search.fill(email);
  await expect(list.getByRole('link')).toHaveCount(2);
  await search.fill(other);
  await expect(page.getByRole('heading', { name: 'No mail found' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all mails' }).click();
  await expect(search).toHaveValue('');
  await expect(list.getByText(email).first()).toBeVisible();
  // A filter that the inbox does not have is said in its own words.
  await search.fill('tag:x');
  await expect(page.getByRole('alert')).toContainText('tag:');
});

test('the inbox fits a phone: a list, then one mail, and back', async ({ page, request }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const email = address('phone');
  const id = await product(request, { name: unique('Phone mochi'), price: 120 });
  await addToCart(page, id);
  await placeOrder(page, /tok_visa/, email);
  await page.getByRole('contentinfo').getByRole('link', { name: 'Inbox' }).click();
  await page.getByRole('textbox', { name: 'Search mails' }).fill(email);
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === email);
  const list = page.getByRole('navigation', { name: 'Mails' });
  await list.getByRole('link').filter({ hasText: email }).first().click();
  await expect(page.getByRole('article').frameLocator('iframe').getByRole('heading', { level: 1 })).toBeVisible();
  await expect(list).toBeHidden();
  await fits(page, '/inbox');
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('link', { name: 'All mails' }).click();
  await expect(list).toBeVisible();
});
