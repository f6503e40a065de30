import { barriers, expect, test } from './street';

test('what browsers may do with a page is said, and kept files are named by their contents', async ({ page, request }) => {
  const answer = await page.goto('/');
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain('unsafe');
  const script = await page.locator('script[type=module]').getAttribute('src');
  expect(script).toMatch(/^\/assets\/.+-[\w-]{8,}\.js$/);
  const file = await request.get(script ?? '', { headers: { 'accept-encoding': 'br' } });
  expect(file.headers()['content-encoding']).toBe('br');
  expect(file.headers()['cache-control']).toContain('immutable');
});

test('a page that is not there says so, to people and to programs', async ({ page, request }) => {
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such page');
  expect(await barriers(page)).toEqual([]);
  const program = await request.get('/no/such/page', { headers: { accept: 'application/json' } });
  expect(program.status()).toBe(404);
  expect(((await program.json()) as { type: string }).type).toBe('/problems/not-found');
});
