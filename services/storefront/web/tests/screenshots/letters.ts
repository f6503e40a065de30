/** Messages that no consumer can read, and what an operator did about some: so that the pages of operations have something to show. */
import { type APIRequestContext, expect } from '@playwright/test';

async function sqs<T>(request: APIRequestContext, action: string, body: object): Promise<T> {
  const answer = await request.post(process.env.AWS_URL ?? '', {
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}`, authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/sqs/aws4_request, SignedHeaders=host, Signature=none' },
    data: JSON.stringify(body),
  });
  expect(answer.status(), `${action}: ${await answer.text()}`).toBe(200);
  return (await answer.json()) as T;
}

const TEXTS: [queue: string, body: string][] = [['billing', 'cut off in the mid'], ['tally', '{"an": "envelope", "of": "others"}'], ['tally', '{"an": "envelope", "of": "others", "once": "more"}']];

/** Waits until each has been set aside; discards one, and answers that run's id. */
export async function setSomeAside(request: APIRequestContext, headers: Record<string, string>): Promise<string> {
  for (const [queue, text] of TEXTS) {
    const { QueueUrl } = await sqs<{ QueueUrl: string }>(request, 'GetQueueUrl', { QueueName: `${queue}-queue` });
    await sqs(request, 'SendMessage', { QueueUrl, MessageBody: text });
  }
  let letter = '';
  await expect(async () => {
    const { items } = (await (await request.get('/ops/dead-letters/tally-dlq', { headers })).json()) as { items: { id: string }[] };
    expect(items.length).toBeGreaterThan(1);
    letter = items[0]?.id ?? '';
  }).toPass();
  const begun = await request.post('/ops/discards', { headers: { ...headers, 'idempotency-key': `shots-${letter}` }, data: { queue: 'tally-dlq', letters: [letter], reason: 'a script of ours sent it by mistake' } });
  expect(begun.ok(), await begun.text()).toBe(true);
  return ((await begun.json()) as { id: string }).id;
}
