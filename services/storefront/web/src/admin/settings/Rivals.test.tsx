import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import common from '@/i18n/en/common.json';
import live from '@/i18n/en/live.json';

import Rivals from './Rivals';

const WAIT = { timeout: 30_000 };
/** More than a page of products has: the last ones are found by typing alone. */
const PRODUCTS = Array.from({ length: 130 }, (_, n) => ({ product_id: `prod_${String(n)}`, name: `Sweet ${String(n).padStart(3, '0')}` }));

let sent: { path: string; body: unknown }[] = [];
let rivals = { first: 'prod_0', second: 'prod_gone', version: 4 };

function answer(url: URL): { status?: number; body: unknown } {
  const limit = Number(url.searchParams.get('limit'));
  switch (url.pathname) {
    case '/tally/rivals': return { body: rivals };
    case '/products': return { body: { items: PRODUCTS.slice(0, limit) } };
    case '/search/products': return { body: { items: PRODUCTS.filter(({ name }) => name.toLowerCase().includes((url.searchParams.get('q') ?? '').toLowerCase())).slice(0, limit) } };
    default: {
      const found = PRODUCTS.find(({ product_id }) => url.pathname === `/products/${product_id}`);
      return found ? { body: found } : { status: 404, body: { type: '/problems/not-found', title: 'Not found', status: 404 } };
    }
  }
}

beforeEach(async () => {
  sent = [];
  rivals = { first: 'prod_0', second: 'prod_gone', version: 4 };
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    if (request.method === 'PUT') {
      const body = (await request.clone().json()) as { first: string; second: string };
      sent.push({ path: url.pathname, body });
      rivals = { ...body, version: rivals.version + 1 };
    }
    const { status = 200, body } = answer(url);
    return Response.json(body, { status });
  });
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { common, live } }, defaultNS: 'common', interpolation: { escapeValue: false } });
  render(<QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}><MemoryRouter><Rivals /></MemoryRouter></QueryClientProvider>);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const field = (name: string) => screen.findByRole<HTMLInputElement>('combobox', { name }, WAIT);

test('a product beyond the first hundred is found by typing, and chosen by keys alone', async () => {
  const user = userEvent.setup();
  const left = await field('On the left');
  expect(left.value).toBe('Sweet 000');
  // What is no longer on sale stays, by its id.
  expect((await field('On the right')).value).toBe('prod_gone');
  await user.clear(left);
  await user.type(left, 'sweet 127');
  await screen.findByRole('option', { name: 'Sweet 127' }, WAIT);
  await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect((await field('On the left')).value).toBe('Sweet 127');
  await user.keyboard('{Enter}');
  await vi.waitFor(() => expect(sent).toEqual([{ path: '/tally/rivals', body: { first: 'prod_127', second: 'prod_gone' } }]), WAIT);
}, 120_000);

test('the button shows the first products; what is typed and not chosen is not kept', async () => {
  const user = userEvent.setup();
  const left = await field('On the left');
  await user.click(screen.getAllByRole('button', { name: /Show suggestions/ })[0] as HTMLElement);
  await screen.findByRole('option', { name: 'Sweet 019' }, WAIT);
  expect(screen.queryByRole('option', { name: 'Sweet 020' })).toBeNull();
  await user.keyboard('{Escape}');
  await user.clear(left);
  await user.type(left, 'nothing like it');
  await screen.findByText('No product on sale is called so.', undefined, WAIT);
  await user.tab();
  expect((await field('On the left')).value).toBe('Sweet 000');
  expect(screen.getByRole('button', { name: 'Save' })).toHaveProperty('disabled', true);
}, 120_000);
