/**
 * What every browser test begins with: `test`, whose pages may say nothing bad on the console, and helpers.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { type APIRequestContext, test as base, type BrowserContext, type BrowserContextOptions, expect, type Page } from '@playwright/test';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What browsers write of answers that pages know how to handle. */
const EXPECTED = /Failed to load resource: (the server responded with a status of|net::ERR_INTERNET_DISCONNECTED)|WebSocket connection to/;

/** Collects what the pages of a context complain of: errors on the console, exceptions, refusals by the policy. */
export function complaints(context: BrowserContext): string[] {
  const heard: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) heard.push(message.text());
  });
  context.on('weberror', (error) => heard.push(String(error.error())));
  return heard;
}

export const test = base.extend<{ quiet: undefined; another: (options?: BrowserContextOptions) => Promise<BrowserContext> }>({
  // Another visitor's browser, whose pages may say nothing bad either. It is closed with the test.
  another: async ({ browser }, use) => {
    const contexts: BrowserContext[] = [];
    const heard: string[][] = [];
    await use(async (options) => {
      const context = await browser.newContext({ locale: 'en-US', baseURL: process.env.STREET_URL ?? '', ...options });
      contexts.push(context);
      heard.push(complaints(context));
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
    expect(heard.flat(), 'said on the console of another browser').toEqual([]);
  },
  baseURL: async ({}, use) => use(process.env.STREET_URL),
  quiet: [
    async ({ context }, use) => {
      const heard = complaints(context);
      await use(undefined);
      expect(heard, 'said on the console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Findings of axe that keep people out: serious and critical ones. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join('\n')}`);
  });
}

/** Holds that nothing on the page is wider than its window. */
export async function fits(page: Page, path: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), path).toBeLessThanOrEqual(0);
}

/** An access token of the administrator of a developer's street. */
export async function administrator(request: APIRequestContext): Promise<string> {
  const answer = await request.post('/auth/login', { data: { email: 'admin@example.com', password: 'admin123' } });
  expect(answer.status()).toBe(200);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A product on sale, with stock; answers its id. */
export async function product(request: APIRequestContext, about: { name: string; price: number; stock?: number; description?: string; categories?: string[] }): Promise<string> {
  const bearer = { authorization: `Bearer ${await administrator(request)}` };
  const made = await request.post('/products', { headers: bearer, data: { stock: 50, ...about } });
  expect(made.status()).toBe(201);
  const { product_id } = (await made.json()) as { product_id: string };
  const position = made.headers()['shotengai-position'] ?? '';
  await expect(async () => {
    const seen = await request.get(`/products/${product_id}`, { headers: { 'shotengai-position': position } });
    expect(((await seen.json()) as { stock: number }).stock).toBe(about.stock ?? 50);
  }).toPass();
  return product_id;
}

/** Signs the browser in as the administrator; pages then renew the session by its cookie, as after a reload. */
export async function asAdministrator(page: Page): Promise<void> {
  const answer = await page.request.post('/auth/login', { data: { email: 'admin@example.com', password: 'admin123' } });
  expect(answer.status()).toBe(200);
  await page.addInitScript(() => window.localStorage.setItem('shotengai.account', 'yes'));
}
