import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { beforeEach, expect, test, vi } from 'vitest';

import { places } from '@/app/places';
import common from '@/i18n/en/common.json';
import inbox from '@/i18n/en/inbox.json';

import { Component as InboxPage } from './InboxPage';

const WAIT = { timeout: 30_000 };
const AT = 'http://127.0.0.1:8025';
const PEOPLE = { From: { Name: 'Shotengai', Address: 'street@shotengai.example' }, To: [{ Name: '', Address: 'mei@example.com' }], Cc: [], Bcc: [] };
const LISTED = { ID: 'a1', Read: false, ...PEOPLE, Subject: 'Your <b>receipt</b>', Created: '2026-11-28T12:00:00Z', Snippet: 'Thank you', Attachments: 0 };
const MAIL = { ID: 'a1', ...PEOPLE, ReplyTo: [], Subject: LISTED.Subject, Date: LISTED.Created, Text: 'See http://127.0.0.1:8080/orders/ord_1?key=k.', HTML: '<p>x</p>', Attachments: [] };

beforeEach(() => {
  Object.assign(places, { inbox: AT, mails: AT });
});

async function show(answer: (url: URL) => Response, at = '/inbox') {
  vi.stubGlobal('fetch', (url: string) => Promise.resolve(answer(new URL(url))));
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { common, inbox } }, defaultNS: 'common', interpolation: { escapeValue: false } });
  const router = createMemoryRouter([{ path: 'inbox', element: <InboxPage /> }], { initialEntries: [at] });
  render(<QueryClientProvider client={new QueryClient()}><RouterProvider router={router} /></QueryClientProvider>);
  return router;
}

test('an empty inbox says how to fill it, and mails come by themselves', async () => {
  let mails: unknown[] = [];
  const router = await show(({ pathname }) => Response.json(pathname.startsWith('/api/v1/message/') ? MAIL : { total: mails.length, unread: mails.length, messages_count: mails.length, messages: mails }));
  await screen.findByRole('heading', { name: 'No mail yet' }, WAIT);
  mails = [LISTED];
  await userEvent.click(await screen.findByRole('link', { name: /Your <b>receipt<\/b>/ }, WAIT));
  expect(router.state.location.search).toBe('?mail=a1');
  const frame = await screen.findByTitle('The mail “Your <b>receipt</b>”', undefined, WAIT);
  expect([frame.getAttribute('src'), frame.getAttribute('sandbox')]).toEqual([`${AT}/view/a1.html`, 'allow-popups allow-popups-to-escape-sandbox']);
  await userEvent.click(screen.getByRole('radio', { name: 'Text' }));
  expect(screen.getByRole('link', { name: 'http://127.0.0.1:8080/orders/ord_1?key=k' }).getAttribute('target')).toBe('_blank');
}, 60_000);

test('what the inbox refuses is said in its words', async () => {
  await show(({ pathname }) => (pathname === '/api/v1/search' ? new Response('the search filter tag: is not offered by this inbox', { status: 400 }) : Response.error()), '/inbox?q=tag:x');
  await screen.findByText('the search filter tag: is not offered by this inbox', undefined, WAIT);
}, 60_000);

test('where Mailpit takes the mails, the page leads to it', async () => {
  Object.assign(places, { mails: null });
  await show(() => Response.error());
  expect(screen.getByRole('link', { name: 'Open Mailpit' }).getAttribute('href')).toBe(AT);
});

test('where mails go to real people, it says so', async () => {
  Object.assign(places, { inbox: null, mails: null });
  await show(() => Response.error());
  screen.getByRole('heading', { name: 'No inbox here' });
});
