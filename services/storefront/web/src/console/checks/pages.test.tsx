import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { show } from '../../../tests/mock/page';
import { Component as RebuildsPage } from '../rebuilds/RebuildsPage';
import { Component as ChecksPage } from './ChecksPage';

const WAIT = { timeout: 60_000 };

test('each check says whether it holds, where it does not, and when that was looked at', async () => {
  const { sent } = await show(ChecksPage);
  const row = async (name: string) => (await screen.findByRole('heading', { name }, WAIT)).closest('li') as HTMLElement;
  const letters = await row('No message is set aside');
  expect(letters.dataset.state).toBe('bad');
  within(letters).getByText('does not hold');
  within(letters).getByText('billing-dlq').closest('li');
  expect(within(letters).getByRole('link').getAttribute('href')).toBe('/admin/operations/dead-letters');
  expect((await row('No breaker is open')).textContent).toContain('billing');
  expect((await row('What is written reaches the stream')).dataset.state).toBe('good');
  screen.getByText(/^Looked at /);
  screen.getByText('shotengai rebuild read-models --check');
  expect(new Set(sent.map(({ path }) => path))).toEqual(new Set(['/ops/street']));
}, 120_000);

test('rebuilds show how far the live read models are, and a paused consumer stops them', async () => {
  const { street } = await show(RebuildsPage);
  const live = await screen.findByRole('region', { name: 'The read models that are live' }, WAIT);
  within(live).getByText('up to date');
  screen.getByText('shotengai projections drop --yes');
  street.paused.set('query-queue', { by: 'usr_a', reason: 'a migration', since: '2026-11-28T00:00:00Z' });
  await waitFor(() => within(live).getByText('paused: a migration'), WAIT);
  within(live).getByText('stopped');
}, 120_000);
