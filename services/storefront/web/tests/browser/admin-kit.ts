/** What tests of the admin's pages share. */
import { crc32, deflateSync } from 'node:zlib';

import type { APIRequestContext, Page } from '@playwright/test';

import { administrator, barriers, expect, fits } from './street';

/** Signs in on the page itself, as the administrator. */
export async function enter(page: Page, path: string): Promise<void> {
  await page.goto(path);
  // The shop's own sign-in, which leads back here.
  await page.getByLabel('E-mail').fill('admin@example.com');
  await page.getByLabel('Password').fill('admin123');
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('navigation', { name: 'Admin' }).or(page.getByRole('button', { name: /^Menu/ }))).toBeVisible();
  await expect(page.getByLabel('Password')).toBeHidden();
}

/** Findings of axe, once what the component kit said aloud of a button that is gone has been taken back. */
export async function found(page: Page): Promise<string[]> {
  await expect(page.locator('[data-live-announcer] [role=img]')).toHaveCount(0);
  return barriers(page);
}

/** Opens a page, holds it to axe's findings, and to the width of a phone. */
export async function isForEverybody(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(await found(page), path).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page, path);
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** The administrator's header. */
export const bearer = async (request: APIRequestContext) => ({ authorization: `Bearer ${await administrator(request)}` });

/** What the API says at a path, to the administrator. */
export async function told<T>(request: APIRequestContext, path: string): Promise<T> {
  const answer = await request.get(path, { headers: await bearer(request) });
  return (await answer.json()) as T;
}

/** A guest's order of some pieces, once it is paid. */
export async function paidOrder(request: APIRequestContext, productId: string, quantity: number): Promise<string> {
  const guest = (await (await request.post('/auth/guest', { data: {} })).json()) as { access_token: string };
  const placed = await request.post('/orders', { headers: { authorization: `Bearer ${guest.access_token}` }, data: { items: [{ product_id: productId, quantity }] } });
  expect(placed.status()).toBe(202);
  const { order_id } = (await placed.json()) as { order_id: string };
  await expect.poll(async () => (await told<{ status: string }>(request, `/orders/${order_id}`)).status).toBe('paid');
  return order_id;
}

/** A picture that is small and whole. */
export function png(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const line = Buffer.concat([Buffer.from([0]), ...Array.from({ length: width }, (_, x) => Buffer.from([200, (x * 3) % 256, 90]))]);
  const lines = deflateSync(Buffer.concat(Array.from({ length: height }, () => line)));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))]);
}
