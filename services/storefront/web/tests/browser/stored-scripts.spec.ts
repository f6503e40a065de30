import { unique } from './shop-kit';
import { administrator, expect, product, test } from './street';

/** Would run, or show as a picture, wherever text is taken for markup. */
const BAD = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>"'>`;
/** The same for names, which are short. */
const NAME = `<b onclick=ran=1>&amp;<script>ran=1</script>`;

/** Mailboxes may have these characters as they are, which markup reads as a picture's where they are not escaped. */
const mailbox = () => `o'&ltimg/src=x/onerror=ran=1&gt${unique('').trim()}@example.com`;
/** And these in quotes. Without them they are none. */
const quoted = () => `"<img/src=x/onerror=ran=1>${unique('').trim()}"@example.com`;

test('what somebody wrote is shown as text everywhere, mails included', async ({ page, request }) => {
  const [MAILBOX, QUOTED] = [mailbox(), quoted()];
  const refused = await request.post('/auth/guest', { data: { email: '<b>x</b>@example.com', language: 'en' } });
  expect(refused.status()).toBe(422);
  const id = await product(request, { name: NAME, price: 150, description: BAD });
  const guest = (await (await request.post('/auth/guest', { data: { email: MAILBOX, language: 'en' } })).json()) as { access_token: string };
  const buyer = { authorization: `Bearer ${guest.access_token}` };
  const placed = await request.post('/orders', { headers: buyer, data: { items: [{ product_id: id, quantity: 1 }] } });
  const { order_id } = (await placed.json()) as { order_id: string };
  const bearer = { authorization: `Bearer ${await administrator(request)}` };
  await expect(async () => {
    const order = await request.get(`/orders/${order_id}`, { headers: bearer });
    expect(((await order.json()) as { status: string }).status).toBe('paid');
  }).toPass();
  const cancelled = await request.post(`/orders/${order_id}/cancel`, { headers: bearer, data: { note: BAD } });
  expect(cancelled.status()).toBe(202);
  const other = (await (await request.post('/auth/guest', { data: { language: 'en' } })).json()) as { access_token: string };
  for (const [email, headers] of [[MAILBOX, buyer], [QUOTED, { authorization: `Bearer ${other.access_token}` }]] as const) {
    const registered = await request.post('/auth/register', { headers, data: { email, password: 'correct horse battery', name: NAME } });
    expect(registered.ok(), await registered.text()).toBe(true);
  }

  const clean = async (path: string) => {
    expect(await page.evaluate(() => 'ran' in window), path).toBe(false);
    expect(await page.locator('img[src=x], img[src^="x/"], main script, main b[onclick]').count(), path).toBe(0);
  };
  const says = async (path: string, text: string) => {
    await page.goto(path);
    await expect(page.getByText(text, { exact: false }).first()).toBeVisible();
    await clean(path);
  };
  await says(`/shop/products/${id}`, NAME);
  await says(`/?q=${encodeURIComponent('onclick')}`, NAME);

  await page.route('**/tally/rivals', (route) => route.fulfill({ json: { first: id, second: 'prod_<b onclick=ran=1>', version: 1 } }));
  await says('/live', NAME);

  await page.goto('/shop/sign-in?next=/admin');
  await page.getByLabel('E-mail').fill('admin@example.com');
  await page.getByLabel('Password').fill('admin123');
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(({ pathname }) => pathname === '/admin');
  for (const path of [`/admin/products/${id}`, '/admin/products', '/admin/stock', '/admin/payments', `/admin/operations/orders/${order_id}`, '/admin/operations/dead-letters', '/admin/operations/records']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle');
    await clean(path);
  }
  await says(`/admin/orders/${order_id}`, BAD);
  for (const email of [MAILBOX, QUOTED]) {
    await says(`/admin/customers?email=${encodeURIComponent(email)}`, email);
    await expect(page.getByRole('cell', { name: NAME })).toBeVisible();
    await page.getByRole('link', { name: email }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(email);
    if (email === MAILBOX) await expect(page.getByRole('cell', { name: NAME })).toBeVisible();
    await page.getByRole('button', { name: 'Erase' }).click();
    await expect(page.getByRole('dialog')).toContainText(email);
    await clean('/admin/customers/…');
  }

  // What a file is called.
  await page.goto(`/admin/products/${id}`);
  await page.locator('input[type=file]').setInputFiles({ name: `${BAD.replaceAll('/', '')}.svg`, mimeType: 'image/svg+xml', buffer: Buffer.from('<svg onload="window.ran=1"/>') });
  await expect(page.getByText('<img src=x onerror="window.ran=1">', { exact: false }).first()).toBeVisible();
  await clean('a file\'s name');

  // Their own pages.
  for (const email of [QUOTED, MAILBOX]) {
    // By the API: browsers' own fields take no quotes.
    await page.context().clearCookies();
    expect((await page.request.post('/auth/login', { data: { email, password: 'correct horse battery' } })).status()).toBe(200);
    await page.goto('/shop/account');
    await expect(page.getByRole('main').getByText(email)).toBeVisible();
    await expect(page.getByRole('main').getByText(NAME)).toBeVisible();
    await clean('/shop/account');
  }
  await says('/shop/orders', NAME);
  await says(`/shop/orders/${order_id}`, NAME);

  // The mails about it, each as text and as HTML.
  const inbox = process.env.INBOX_URL ?? '';
  const mails = async () => ((await (await request.get(`${inbox}/api/v1/search?query=${encodeURIComponent(order_id)}`)).json()) as { messages: { ID: string; Subject: string }[] }).messages;
  await expect.poll(async () => (await mails()).length).toBeGreaterThanOrEqual(3);
  for (const { ID, Subject } of await mails()) {
    const { HTML, Text } = (await (await request.get(`${inbox}/api/v1/message/${ID}`)).json()) as { HTML: string; Text: string };
    expect(HTML, Subject).not.toMatch(/<script|<b onclick|<img\/?\s?src=x/);
    await page.goto(`/inbox?mail=${ID}&lang=en`);
    await expect(page.getByRole('article')).toContainText(MAILBOX);
    const shown = page.frameLocator('iframe');
    await expect(shown.locator('body')).toContainText(order_id);
    expect(await shown.locator('script, b[onclick], img[src^=x]').count(), Subject).toBe(0);
    if (Text.includes(NAME)) await expect(shown.getByText(NAME).first()).toBeVisible();
    await page.getByRole('radio', { name: 'Text' }).check({ force: true });
    if (Text.includes(NAME)) await expect(page.locator('pre')).toContainText(NAME);
    await clean(Subject);
  }
});
