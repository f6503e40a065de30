/** Messages that no consumer can read, put into the queues of a developer's street, and what became of them. */
import { type APIRequestContext, expect } from '@playwright/test';

async function sqs<T>(request: APIRequestContext, action: string, body: object): Promise<T> {
  const answer = await request.post(process.env.AWS_URL ?? '', {
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}`, authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/sqs/aws4_request, SignedHeaders=host, Signature=none' },
    data: JSON.stringify(body),
  });
  expect(answer.status(), `${action}: ${await answer.text()}`).toBe(200);
  return (await answer.json()) as T;
}

/** Puts a text into a service's queue. */
export async function post(request: APIRequestContext, service: string, text: string): Promise<void> {
  const { QueueUrl } = await sqs<{ QueueUrl: string }>(request, 'GetQueueUrl', { QueueName: `${service}-queue` });
  await sqs(request, 'SendMessage', { QueueUrl, MessageBody: text });
}

/** Waits until so many of a service's messages at the least have been set aside; answers the letters. */
export async function setAside(request: APIRequestContext, headers: Record<string, string>, service: string, least: number): Promise<string[]> {
  let letters: string[] = [];
  await expect(async () => {
    const { items } = (await (await request.get(`/ops/dead-letters/${service}-dlq`, { headers })).json()) as { items: { id: string }[] };
    expect(items.length).toBeGreaterThanOrEqual(least);
    letters = items.map(({ id }) => id);
  }).toPass();
  return letters;
}

/** Discards letters; answers the run. */
export async function discard(request: APIRequestContext, headers: Record<string, string>, service: string, letters: string[], reason: string): Promise<string> {
  const begun = await request.post('/ops/discards', { headers: { ...headers, 'idempotency-key': `discard-${letters.join('-')}`.slice(0, 60) }, data: { queue: `${service}-dlq`, letters, reason } });
  expect(begun.ok(), await begun.text()).toBe(true);
  return ((await begun.json()) as { id: string }).id;
}
