/** Shows a page of operations over the made-up role, for tests of components. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import i18next from 'i18next';
import type { ComponentType } from 'react';
import { initReactI18next } from 'react-i18next';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { vi } from 'vitest';

import common from '../../src/i18n/en/common.json';
import texts from '../../src/i18n/en/console.json';
import { MockOps } from './ops';

export interface Sent { method: string; path: string; body: unknown; key: string | null }

/** Answers the page's requests; `fail` may answer one in the place of the made-up role. */
export async function show(Page: ComponentType, at = '/', fail: (sent: Sent) => Response | undefined = () => undefined) {
  const street = new MockOps();
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.clone().text();
    const one: Sent = { method: request.method, path: pathname + search, body: text ? JSON.parse(text) : undefined, key: request.headers.get('idempotency-key') };
    sent.push(one);
    const failed = fail(one);
    if (failed) return failed;
    const answer = street.answer(one.method, one.path, one.body) ?? { status: 404, body: { type: '/problems/not-found', title: 'Not found', status: 404 } };
    return Response.json(answer.body, { status: answer.status });
  });
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { common, console: texts } }, defaultNS: 'common', interpolation: { escapeValue: false } });
  const router = createMemoryRouter([{ path: '*', element: <Page /> }], { initialEntries: [at] });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return { street, sent, router, ...render(<QueryClientProvider client={queries}><RouterProvider router={router} /></QueryClientProvider>) };
}
