import { type APIRequestContext } from '@playwright/test';

import { administrator, asAdministrator, barriers, expect, product, test } from './street';

/** Calls the local AWS as an operator's script would: it asks for no signature. */
async function sqs<T>(request: APIRequestContext, action: string, body: object): Promise<T> {
  const answer = await request.post(process.env.AWS_URL ?? '', {
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}`, authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/sqs/aws4_request, SignedHeaders=host, Signature=none' },
    data: JSON.stringify(body),
  });
  expect(answer.status(), `${action}: ${await answer.text()}`).toBe(200);
  return (await answer.json()) as T;
}

async function urlOf(request: APIRequestContext, queue: string): Promise<string> {
  return (await sqs<{ QueueUrl: string }>(request, 'GetQueueUrl', { QueueName: queue })).QueueUrl;
}

interface Message {
  Body: string;
  ReceiptHandle: string;
  MessageAttributes?: object;
}

/** Moves the message about this order to the dead letters, as the queue itself does with one that nobody gets done. */
async function setAside(request: APIRequestContext, order: string): Promise<void> {
  const [from, to] = await Promise.all([urlOf(request, 'billing-queue'), urlOf(request, 'billing-dlq')]);
  await expect(async () => {
    const { Messages = [] } = await sqs<{ Messages?: Message[] }>(request, 'ReceiveMessage', { QueueUrl: from, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 2, MessageAttributeNames: ['All'] });
    const message = Messages.find(({ Body }) => Body.includes(order) && Body.includes('OrderPlaced'));
    expect(message).toBeDefined();
    if (!message) return;
    await sqs(request, 'SendMessage', { QueueUrl: to, MessageBody: message.Body, ...(message.MessageAttributes && { MessageAttributes: message.MessageAttributes }) });
    await sqs(request, 'DeleteMessage', { QueueUrl: from, ReceiptHandle: message.ReceiptHandle });
  }).toPass();
}

test('an operator pauses a consumer, rehearses a dead letter, sends it back, and its order completes', async ({ page, request }) => {
  const bearer = { authorization: `Bearer ${await administrator(request)}` };
  let order = '';
  const status = async () => ((await (await request.get(`/orders/${order}`, { headers: bearer })).json()) as { status: string }).status;
  const consumer = async (paused: boolean) => {
    const answer = await request.put('/ops/consumers/billing-queue', { headers: bearer, data: { paused, reason: 'the provider is looked at' } });
    expect(answer.ok(), await answer.text()).toBe(true);
  };

  await consumer(true);
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  await expect(page.getByText('paused', { exact: false }).first()).toBeVisible();
  const sweet = await product(request, { name: 'くずもち', price: 260 });
  const guest = (await (await request.post('/auth/guest', { data: { language: 'en' } })).json()) as { access_token: string };
  // Processes look some seconds apart whether they are to pause: until all have, orders are paid as ever.
  await expect(async () => {
    const placed = await request.post('/orders', { headers: { authorization: `Bearer ${guest.access_token}` }, data: { items: [{ product_id: sweet, quantity: 1 }] } });
    order = ((await placed.json()) as { order_id: string }).order_id;
    const isPaid = await expect.poll(status, { timeout: 4_000, intervals: [100] }).toBe('paid').then(() => true, () => false);
    expect(isPaid).toBe(false);
  }).toPass({ intervals: [500] });
  await setAside(request, order);
  await consumer(false);
  expect(await status()).toBe('pending');

  await page.goto('/admin/operations/dead-letters?lang=en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Dead letters');
  await expect(page.getByText('undelivered').first()).toBeVisible();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole('button', { name: /^Rehearse 1 letter$/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('would append').first()).toBeVisible();
  await expect(dialog.getByText('PaymentAuthorized').first()).toBeVisible();
  expect(await status()).toBe('pending');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByLabel('Reason').fill('the consumer runs again');
  await dialog.getByRole('button', { name: 'Count them first' }).click();
  await dialog.getByRole('button', { name: 'Send back 1 letter' }).click();
  await expect(dialog.getByText('sent back', { exact: true })).toBeVisible();
  await expect.poll(status).toBe('paid');

  await page.goto('/admin/operations/records?lang=en');
  await expect(page.getByText('the consumer runs again').first()).toBeVisible();
  await expect(page.getByText('the provider is looked at').first()).toBeVisible();
});
