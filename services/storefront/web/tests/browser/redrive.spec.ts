import { type APIRequestContext, type Page } from '@playwright/test';

import { administrator, asAdministrator, barriers, expect, product, test } from './street';

/** Calls the local DynamoDB as a careless script would: it asks for no signature. */
async function dynamodb(request: APIRequestContext, action: string, body: object): Promise<void> {
  const answer = await request.post(process.env.AWS_URL ?? '', {
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${action}`, authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none' },
    data: JSON.stringify(body),
  });
  expect(answer.status(), `${action}: ${await answer.text()}`).toBe(200);
}

/** Pauses billing on the map, or lets it go on: presses its consumer, says why. */
async function turn(page: Page, to: 'Pause' | 'Resume', reason: string): Promise<void> {
  await page.goto('/admin/operations?lang=en');
  await page.getByRole('button', { name: /^Consumer,\s*billing\b/ }).click();
  await expect(page).toHaveURL(/\?at=consumer(:|%3A)billing-queue$/);
  const panel = page.getByRole('dialog', { name: 'billing' });
  await expect(panel.getByRole('button', { name: to })).toBeDisabled();
  await panel.getByLabel('Reason').fill(reason);
  await panel.getByRole('button', { name: to }).click();
  await expect(panel.getByRole('button', { name: to === 'Pause' ? 'Resume' : 'Pause' })).toBeVisible();
  if (to === 'Pause') await expect(panel.getByText(new RegExp(`^Paused .*: ${reason}$`))).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Consumer,\s*billing\b.*paused/ })).toHaveCount(to === 'Pause' ? 1 : 0);
}

test('an operator rehearses a poisoned message and sends it back once its cause is mended, and its order completes', async ({ page, request }) => {
  // A consumer is paused, and a message is tried until nobody believes in it any more.
  test.slow();
  const bearer = { authorization: `Bearer ${await administrator(request)}` };
  let order = '';
  const status = async () => ((await (await request.get(`/orders/${order}`, { headers: bearer })).json()) as { status: string }).status;
  await asAdministrator(page);
  await turn(page, 'Pause', 'the table is looked at');
  const sweet = await product(request, { name: 'くずもち', price: 260 });
  const guest = (await (await request.post('/auth/guest', { data: { language: 'en' } })).json()) as { access_token: string };
  // Processes look some seconds apart whether they are to pause: until all have, orders are paid as ever.
  await expect(async () => {
    const placed = await request.post('/orders', { headers: { authorization: `Bearer ${guest.access_token}` }, data: { items: [{ product_id: sweet, quantity: 1 }] } });
    order = ((await placed.json()) as { order_id: string }).order_id;
    const isPaid = await expect.poll(status, { timeout: 4_000, intervals: [100] }).toBe('paid').then(() => true, () => false);
    expect(isPaid).toBe(false);
  }).toPass({ intervals: [500] });

  // Somebody's script left an item that is no commit where the payment's first commit belongs. So billing sets the message aside by itself.
  const key = { aggregate_id: { S: order.replace('ord_', 'pay_') }, version: { N: '1' } };
  await dynamodb(request, 'PutItem', { TableName: 'billing-events', Item: key });
  await turn(page, 'Resume', 'the table was looked at');
  await expect(async () => {
    const letters = await request.get('/ops/dead-letters/billing-dlq', { headers: bearer });
    expect(((await letters.json()) as { items: { order_id?: string }[] }).items.map(({ order_id }) => order_id)).toEqual([order]);
  }).toPass({ timeout: 120_000 });
  expect(await status()).toBe('pending');

  await page.goto('/admin/operations/dead-letters?lang=en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Dead letters');
  await expect(page.getByText('exhausted').first()).toBeVisible();
  await expect(page.getByText('"commit_id" is missing or unreadable').first()).toBeVisible();
  expect(await barriers(page)).toEqual([]);
  const dialog = page.getByRole('dialog');
  const rehearse = page.getByRole('button', { name: /^Rehearse 1 letter$/ });
  await rehearse.click();
  await expect(dialog.getByText('would fail again').first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);

  await dynamodb(request, 'DeleteItem', { TableName: 'billing-events', Key: key });
  // What else that order did, and by which trace to find it elsewhere.
  await page.getByRole('button', { name: order }).click();
  await expect(dialog.getByRole('heading', { name: 'OrderPlaced' })).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Copy trace id' })).toBeVisible();
  await expect(dialog.getByText(/^[0-9a-f]{32}$/)).toBeVisible();
  const did = dialog.locator('section').filter({ has: page.getByRole('heading', { name: 'What else this order did' }) });
  for (const type of ['OrderPlaced', 'StockReserved', 'OrderStockSecured']) await expect(did.getByRole('listitem').filter({ hasText: type }).first()).toBeVisible();
  await expect(did.getByRole('listitem').filter({ hasText: 'Payment' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await rehearse.click();
  await expect(dialog.getByText('would append').first()).toBeVisible();
  await expect(dialog.getByText('PaymentAuthorized').first()).toBeVisible();
  expect(await status()).toBe('pending');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByLabel('Reason').fill('the item is gone');
  await dialog.getByRole('button', { name: 'Count them first' }).click();
  await dialog.getByRole('button', { name: 'Send back 1 letter' }).click();
  await expect(dialog.getByText('sent back', { exact: true })).toBeVisible();
  // What billing made of it, in its own word.
  await expect(dialog.getByText('handled', { exact: true })).toBeVisible();
  await expect(dialog.getByText('PaymentAuthorized').first()).toBeVisible();
  await expect.poll(status).toBe('paid');

  await page.goto('/admin/operations/records?lang=en');
  const deeds = page.getByRole('region', { name: 'What was done' });
  for (const reason of ['the table is looked at', 'the table was looked at', 'the item is gone']) await expect(deeds.getByRole('row').filter({ hasText: reason }).first()).toContainText('billing-');
});
