import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { show } from '../../../tests/mock/page';
import { Component as StreetPage } from './StreetPage';

const WAIT = { timeout: 60_000 };

beforeEach(() => {
  // On a phone: the list, as jsdom draws no map.
  vi.stubGlobal('matchMedia', (media: string) => ({ media, matches: media.includes('max-width'), addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => vi.unstubAllGlobals());

test('a consumer is paused with a reason, and shows so everywhere', async () => {
  const user = userEvent.setup();
  const { street, sent } = await show(StreetPage, '/?at=consumer:tally-queue');
  const panel = await screen.findByRole('dialog', undefined, WAIT);
  const pause = within(panel).getByRole('button', { name: 'Pause' });
  expect(pause).toHaveProperty('disabled', true);
  await user.type(within(panel).getByLabelText('Reason'), 'counts are moved');
  await user.click(pause);
  await within(panel).findByRole('button', { name: 'Resume' }, WAIT);
  await within(panel).findByText(/usr_administrator: counts are moved/, undefined, WAIT);
  expect(sent.find(({ method }) => method === 'PUT')).toMatchObject({ path: '/ops/consumers/tally-queue', body: { paused: true, reason: 'counts are moved' } });
  expect(street.records[0]).toMatchObject({ action: 'pause', queue: 'tally-queue' });
}, 180_000);

test('a street that stops to answer is shown as it was, and said to be of then', async () => {
  let isAway = false;
  await show(StreetPage, '/', () => (isAway ? Response.error() : undefined));
  await screen.findByText('Live, each second', undefined, WAIT);
  expect(screen.getAllByRole('button', { name: /^billing ?Consumer.*breaker open/ })).toHaveLength(1);
  isAway = true;
  await screen.findByText(/^As of .*reconnecting$/, undefined, WAIT);
  expect(screen.getAllByRole('button', { name: /^order ?Queue/ })).toHaveLength(1);
}, 180_000);

test('a street without the role says so, and how else', async () => {
  await show(StreetPage, '/', () => Response.json({ type: '/problems/not-found', title: 'Not found', status: 404 }, { status: 404 }));
  await screen.findByText('This street does not serve operations', undefined, WAIT);
}, 180_000);
