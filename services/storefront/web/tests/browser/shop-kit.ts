/** What tests of the shop's pages share. */
import { type APIRequestContext, expect, type Page } from '@playwright/test';

import { administrator } from './street';

let made = 0;

/** A name that no other test has. */
export function unique(name: string): string {
  made += 1;
  return `${name} ${Date.now().toString(36)}${String(made)}`;
}

/** An address that no other test has. */
export function address(name: string): string {
  return `${unique(name).replace(' ', '')}@example.com`;
}

/** Puts one piece into the cart, from the product's page. */
export async function addToCart(page: Page, id: string): Promise<void> {
  await page.goto(`/shop/products/${id}?lang=en`);
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await expect(page.getByRole('link', { name: /Cart, \d+ item/ })).toBeVisible();
}

/** Orders what is in the cart; answers the order's id. */
export async function placeOrder(page: Page, payment = /tok_visa/, email?: string): Promise<string> {
  await page.goto('/shop/checkout');
  await page.getByRole('radio', { name: payment }).check({ force: true });
  if (email) await page.getByRole('textbox', { name: /E-mail/ }).fill(email);
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(page).toHaveURL(/\/shop\/orders\/ord_/);
  return /ord_[\w-]+/.exec(page.url())?.[0] ?? '';
}

/** The administrator gives a product another price. */
export async function setPrice(request: APIRequestContext, id: string, name: string, price: number): Promise<void> {
  const headers = { authorization: `Bearer ${await administrator(request)}`, 'if-match': '*' };
  expect((await request.put(`/products/${id}`, { headers, data: { name, description: '', price } })).status()).toBe(202);
}

/** The administrator takes a product off sale. */
export async function takeOff(request: APIRequestContext, id: string): Promise<void> {
  const headers = { authorization: `Bearer ${await administrator(request)}`, 'if-match': '*' };
  const answer = await request.delete(`/products/${id}`, { headers });
  expect(answer.status()).toBe(202);
  const position = answer.headers()['shotengai-position'] ?? '';
  await expect(async () => {
    expect((await request.get(`/products/${id}`, { headers: { 'shotengai-position': position } })).status()).toBe(404);
  }).toPass();
}

/** The guest that the page is. */
export async function guestToken(page: Page): Promise<string> {
  return page.evaluate(() => (JSON.parse(localStorage.getItem('shotengai.guest') ?? '{}') as { token?: string }).token ?? '');
}
