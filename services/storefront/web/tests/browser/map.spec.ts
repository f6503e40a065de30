/** The nodes of the street map: what they say when they are pointed at, and what is there when they are pressed. */
import type { Page } from '@playwright/test';

import { bearer } from './admin-kit';
import { discard, post, setAside } from './queues';
import { asAdministrator, barriers, expect, test } from './street';

/** One of each kind, what is at it, and the first words of how to read its figures. */
const NODES = [
  { node: /^Event store,\s*order\b/, at: 'store:order', head: 'order', scale: 'Where a service writes its events.', normal: 'Usually 0 to 10', fact: 'unpublished' },
  { node: /^Shard,/, at: 'shard:', head: /^\D*\d+$/, scale: 'A part of the stream.', normal: 'Usually below a second.', fact: 'owner' },
  { node: /^Topic,/, at: 'topic:order-events', head: 'order-events', scale: 'The bridge publishes events here', normal: 'Records that can’t be published', fact: 'bridge-dlq' },
  { node: /^Queue,\s*inventory\b/, at: 'queue:inventory-queue', head: 'inventory-queue', scale: '“Waiting” has not been received', normal: 'Usually a few', fact: 'in flight' },
  { node: /^Consumer,\s*inventory\b/, at: 'consumer:inventory-queue', head: 'inventory', scale: 'Messages handled and failed each second.', normal: 'Usually no failures', fact: 'handled' },
] as const;

async function map(page: Page) {
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  const map = page.getByRole('region', { name: 'Street map, from left to right as orders go' });
  await expect(map.getByRole('button').first()).toBeVisible();
  return map;
}

const isAt = (page: Page, at: string) => expect(page).toHaveURL(({ searchParams }) => (searchParams.get('at') ?? '').startsWith(at));

test('each kind of node says its scale when the mouse is on it, and opens what is there', async ({ page }) => {
  const nodes = await map(page);
  // A page that is loaded under a mouse that stands still tells no scale: somebody moves it.
  await page.mouse.move(5, 5);
  for (const { node, at, head, scale, normal, fact } of NODES) {
    const button = nodes.getByRole('button', { name: node }).first();
    await button.hover();
    await expect(page.getByRole('tooltip')).toContainText(scale);
    await expect(page.getByRole('tooltip')).toContainText(normal);
    await button.click();
    const panel = page.getByRole('dialog');
    await expect(panel.getByRole('heading', { level: 2 })).toHaveText(head);
    await expect(panel).toContainText(scale);
    await expect(panel.getByText(fact, { exact: true })).toBeVisible();
    await isAt(page, at);
    await panel.getByRole('button', { name: 'Close' }).click();
    await expect(panel).toHaveCount(0);
    await expect(page).toHaveURL(({ searchParams }) => !searchParams.has('at'));
  }
});

test('each node opens its own panel, which is in the address', async ({ page }) => {
  const nodes = await map(page);
  const buttons = await nodes.getByRole('button').all();
  // Four stores, a shard or more, the topic, eight queues with their consumers.
  expect(buttons.length).toBeGreaterThanOrEqual(22);
  const seen = new Set<string>();
  for (const button of buttons) {
    const said = await button.textContent();
    await button.click();
    const panel = page.getByRole('dialog');
    // What kind it is stands first in both.
    const kind = (await panel.getByRole('paragraph').first().textContent()) ?? '';
    expect(said?.startsWith(kind), `${said ?? ''}: ${kind}`).toBe(true);
    seen.add(new URL(page.url()).searchParams.get('at') ?? '');
    await page.keyboard.press('Escape');
    await expect(panel).toHaveCount(0);
  }
  expect(seen.size).toBe(buttons.length);
  await page.goto('/admin/operations?lang=en&at=queue:billing-queue');
  await expect(page.getByRole('dialog', { name: 'billing-queue' })).toBeVisible();
});

test('by keys alone: focus says the scale, Enter and Space open, Escape leads back', async ({ page }) => {
  // Room for all of the map: what is told on focus goes when the page is scrolled.
  await page.setViewportSize({ width: 1400, height: 1200 });
  const nodes = await map(page);
  await nodes.focus();
  await page.keyboard.press('Tab');
  const first = nodes.getByRole('button').first();
  await expect(first).toBeFocused();
  await expect(page.getByRole('tooltip')).toContainText('Where a service writes its events.');
  // Who reads by ear hears it, too.
  expect(await first.getAttribute('aria-describedby')).toBe(await page.getByRole('tooltip').getAttribute('id'));
  for (const [n, { node, at, scale }] of NODES.entries()) {
    const button = nodes.getByRole('button', { name: node }).first();
    // On the way from node to node by the keyboard.
    for (let n = 0; n < 40 && !(await button.evaluate((node) => node === document.activeElement)); n += 1) await page.keyboard.press('Tab');
    await expect(button).toBeFocused();
    await expect(page.getByRole('tooltip')).toContainText(scale);
    await page.keyboard.press(n % 2 ? 'Space' : 'Enter');
    const panel = page.getByRole('dialog');
    await expect(panel).toBeVisible();
    await isAt(page, at);
    // What is behind it is out of reach, and out of hearing.
    expect(await nodes.evaluate((node) => node.closest('[inert]') !== null)).toBe(true);
    expect(await panel.evaluate((node) => node.contains(document.activeElement))).toBe(true);
    await page.keyboard.press('Escape');
    await expect(panel).toHaveCount(0);
    await expect(button).toBeFocused();
  }
  // A consumer can be paused from there, once why is said.
  await page.keyboard.press('Enter');
  const panel = page.getByRole('dialog', { name: 'inventory' });
  await panel.getByLabel('Reason').focus();
  await expect(panel.getByRole('button', { name: 'Pause' })).toBeDisabled();
  await page.keyboard.type('to look at it');
  await page.keyboard.press('Tab');
  await expect(panel.getByRole('button', { name: 'Pause' })).toBeFocused();
  expect(await barriers(page)).toEqual([]);
});

test('a queue that something was set aside of leads to its letters', async ({ page, request }) => {
  const headers = await bearer(request);
  await post(request, 'query', 'is no message of ours');
  const letters = await setAside(request, headers, 'query', 1);
  const nodes = await map(page);
  const queue = nodes.getByRole('button', { name: /^Queue,\s*query\b.*dead letter/ });
  await queue.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'query-queue' }).getByRole('link', { name: 'Look at the dead letters' }).click();
  await expect(page).toHaveURL(/\/admin\/operations\/dead-letters\?queue=query-dlq$/);
  await expect(page.getByLabel('Queue', { exact: true })).toHaveValue('query-dlq');
  await expect(page.getByText('It is no JSON.', { exact: false }).first()).toBeVisible();
  await discard(request, headers, 'query', letters, 'a test wrote it');
  await expect(async () => {
    const { items } = (await (await request.get('/ops/dead-letters/query-dlq', { headers })).json()) as { items: { id: string }[] };
    expect(items.filter(({ id }) => letters.includes(id))).toEqual([]);
  }).toPass();
});

test('on a phone the same nodes are a list, which opens the same', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await asAdministrator(page);
  await page.goto('/admin/operations?lang=en');
  const main = page.getByRole('main');
  await main.getByRole('button', { name: /^inventory\s*Queue/ }).click();
  await expect(page.getByRole('dialog', { name: 'inventory-queue' })).toBeVisible();
  await page.keyboard.press('Escape');
  await main.getByRole('button', { name: /^inventory\s*Consumer/ }).press('Enter');
  await expect(page.getByRole('dialog', { name: 'inventory' }).getByRole('button', { name: 'Pause' })).toBeVisible();
});
