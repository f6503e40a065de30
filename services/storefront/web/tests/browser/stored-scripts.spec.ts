import { administrator, expect, product, test } from './street';

/** Would run, or show as a picture, wherever text is taken for markup. */
const BAD = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>"'>`;
/** The same for names, which are short. */
const NAME = `<b onclick=ran=1>&amp;<script>ran=1</script>`;

test('what somebody wrote is shown as text everywhere, mails included', async ({ page, request }) => {
  const id = await product(request, { name: NAME, price: 150, description: BAD });
  const guest = (await (await request.post('/auth/guest', { data: { email: 'xss@example.com', language: 'en' } })).json()) as { access_token: string };
  const placed = await request.post('/orders', { headers: { authorization: `Bearer ${guest.access_token}` }, data: { items: [{ product_id: id, quantity: 1 }] } });
  const { order_id } = (await placed.json()) as { order_id: string };
  const bearer = { authorization: `Bearer ${await administrator(request)}` };
  await expect(async () => {
    const order = await request.get(`/orders/${order_id}`, { headers: bearer });
    expect(((await order.json()) as { status: string }).status).toBe('paid');
  }).toPass();
  const cancelled = await request.post(`/orders/${order_id}/cancel`, { headers: bearer, data: { note: BAD } });
  expect(cancelled.status()).toBe(202);

  const says = async (path: string, text: string) => {
    await page.goto(path);
    await expect(page.getByText(text, { exact: false }).first()).toBeVisible();
    expect(await page.evaluate(() => 'ran' in window), path).toBe(false);
    expect(await page.locator('img[src=x], main script, main b[onclick]').count(), path).toBe(0);
  };
  await says(`/shop/products/${id}`, NAME);
  await says(`/?q=${encodeURIComponent('onclick')}`, NAME);

  await page.goto('/shop/sign-in?next=/admin');
  await page.getByLabel('E-mail').fill('admin@example.com');
  await page.getByLabel('Password').fill('admin123');
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(({ pathname }) => pathname === '/admin');
  for (const path of [`/admin/products/${id}`, '/admin/products', '/admin/stock']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle');
    expect(await page.evaluate(() => 'ran' in window), path).toBe(false);
    expect(await page.locator('img[src=x], main script, main b[onclick]').count(), path).toBe(0);
  }
  await says(`/admin/orders/${order_id}`, BAD);

  // The mail about it, as text and as HTML.
  const inbox = process.env.INBOX_URL ?? '';
  await expect(async () => {
    const found = (await (await request.get(`${inbox}/api/v1/search?query=${encodeURIComponent('to:xss@example.com')}`)).json()) as { messages: { ID: string }[] };
    expect(found.messages.length).toBeGreaterThanOrEqual(2);
    for (const { ID } of found.messages) {
      const { HTML } = (await (await request.get(`${inbox}/api/v1/message/${ID}`)).json()) as { HTML: string };
      expect(HTML).not.toContain('<script');
      expect(HTML).not.toContain('<b onclick');
      expect(HTML).not.toContain('<img src=x');
    }
  }).toPass();
  await page.goto(`/inbox?q=${order_id}&lang=en`);
  const mails = page.getByRole('navigation', { name: 'Mails' }).getByRole('link');
  await mails.first().click();
  await expect(page.frameLocator('iframe').getByText(NAME).first()).toBeVisible();
  await page.getByRole('radio', { name: 'Text' }).check({ force: true });
  await expect(page.locator('pre')).toContainText(NAME);
  expect(await page.evaluate(() => 'ran' in window), 'the inbox').toBe(false);
});
