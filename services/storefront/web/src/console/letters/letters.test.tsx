import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { type Sent, show } from '../../../tests/mock/page';
import { Component as LettersPage } from './LettersPage';

const WAIT = { timeout: 60_000 };
const busy = () => Response.json({ type: '/problems/unavailable', title: 'Unavailable', status: 503 }, { status: 503, headers: { 'retry-after': '0' } });

const atWork = () => Response.json({ type: '/problems/run-under-way', title: 'A run is under way', status: 409, detail: 'x', run: 'abc' }, { status: 409 });
const SAID = /^A run is under way in this queue/;

async function toConfirm(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByRole('button', { name: 'Rehearse 20 letters' }, WAIT));
  const dialog = await screen.findByRole('dialog');
  await within(dialog).findByText('14', undefined, WAIT);
  await user.click(within(dialog).getByRole('button', { name: 'Go on' }));
  return dialog;
}

test('a cause is rehearsed, counted and sent back; the outcome of each letter shows', async () => {
  const user = userEvent.setup();
  const { sent, street } = await show(LettersPage);
  const dialog = await toConfirm(user);
  const count = within(dialog).getByRole('button', { name: 'Count them first' });
  expect(count).toHaveProperty('disabled', true);
  await user.type(within(dialog).getByLabelText('Reason'), 'provider is back');
  await user.click(count);
  await within(dialog).findByText('20 letters of billing-dlq match.', undefined, WAIT);
  await user.click(within(dialog).getByRole('button', { name: 'Send back 20 letters' }));
  await within(dialog).findByText('of 20 settled', { exact: false }, WAIT);
  await waitFor(() => expect(within(dialog).getAllByText('sent back').length).toBeGreaterThan(5), WAIT);
  // Its cause is gone with its letters; what became of them still shows.
  await within(dialog).findByText('finished', undefined, WAIT);
  await waitFor(() => expect(screen.queryByText('20', { selector: 'span' })).toBeNull(), WAIT);
  expect(within(dialog).getAllByText('sent back')).toHaveLength(20 - within(dialog).queryAllByText('SQS: ServiceUnavailable').length);
  // What their consumer made of them comes after the run's end.
  const counted = /At their consumer: (\d+) handled, (\d+) ignored, (\d+) dead letters? again, 0 still waiting/;
  const said = (await within(dialog).findByText(counted, undefined, WAIT)).textContent;
  const [handled, ignored, dead] = (counted.exec(said) ?? []).slice(1).map(Number);
  expect([handled, ignored, dead]).toEqual(['handled', 'ignored', 'dead letter again'].map((word) => within(dialog).queryAllByText(word).length));
  expect(Number(handled) > 0 && Number(ignored) > 0 && Number(dead) > 0).toBe(true);
  expect(within(dialog).getAllByText('It was applied before.')).toHaveLength(Number(ignored));
  const begun = sent.filter(({ path }) => path === '/ops/redrives');
  expect(begun.map(({ body }) => (body as { preview?: boolean }).preview ?? false)).toEqual([true, false]);
  expect(begun[1]?.body).toMatchObject({ queue: 'billing-dlq', reason: 'provider is back', per_second: 10, cause: { reason: 'exhausted', event_type: 'OrderPlaced' } });
  expect(street.records[0]).toMatchObject({ action: 'redrive', reason: 'provider is back' });
}, 180_000);

test('a busy street is asked again with the same key, and nothing that was typed is lost', async () => {
  const user = userEvent.setup();
  let failures = 0;
  const { sent } = await show(LettersPage, '/', ({ path, body }: Sent) => {
    if (path !== '/ops/redrives' || (body as { preview?: boolean }).preview || failures >= 1) return undefined;
    failures += 1;
    return busy();
  });
  const dialog = await toConfirm(user);
  await user.type(within(dialog).getByLabelText('Reason'), 'again');
  await user.click(within(dialog).getByRole('button', { name: 'Count them first' }));
  await user.click(await within(dialog).findByRole('button', { name: 'Send back 20 letters' }, WAIT));
  await within(dialog).findByText('of 20 settled', { exact: false }, WAIT);
  const keys = sent.filter(({ path, body }) => path === '/ops/redrives' && !(body as { preview?: boolean }).preview).map(({ key }) => key);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(keys).size).toBe(1);
}, 180_000);

test('a run that is under way already is said in words, with the way to it', async () => {
  const user = userEvent.setup();
  await show(LettersPage, '/?queue=inventory-dlq', ({ path }: Sent) => (path === '/ops/discards' ? Response.json({ type: '/problems/run-under-way', title: 'x', status: 409, run: 'abc' }, { status: 409 }) : undefined));
  await user.click(await screen.findByRole('button', { name: 'Discard 1' }, WAIT));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText('Reason'), 'nothing to save');
  await user.click(within(dialog).getByRole('button', { name: 'Count them first' }));
  expect((await within(dialog).findByRole('link', { name: 'See that run' }, WAIT)).getAttribute('href')).toBe('/admin/operations/runs/abc');
  expect(within(dialog).getByLabelText('Reason')).toHaveProperty('value', 'nothing to save');
}, 180_000);

test('a body stays covered until a reason is given', async () => {
  const user = userEvent.setup();
  const { street, sent } = await show(LettersPage, '/?queue=inventory-dlq');
  await user.click((await screen.findAllByRole('button', { name: /^ord_/ }, WAIT))[0] as HTMLElement);
  const dialog = await screen.findByRole('dialog');
  expect(sent.some(({ path }) => path.endsWith('/uncover'))).toBe(false);
  await user.type(within(dialog).getByLabelText('Reason'), 'customer asks');
  await user.click(within(dialog).getByRole('button', { name: 'Record and uncover' }));
  await within(dialog).findByText(/"specversion"/, undefined, WAIT);
  expect(street.records[0]).toMatchObject({ action: 'uncover', queue: 'inventory-dlq', reason: 'customer asks' });
  await user.click(within(dialog).getByRole('button', { name: 'Cover' }));
  expect(within(dialog).queryByText(/"specversion"/)).toBeNull();
}, 180_000);

for (const { name, path } of [{ name: 'listed', path: '/ops/dead-letters/inventory-dlq' }, { name: 'rehearsed', path: '/ops/rehearsals' }]) {
  test(`letters that can not be ${name} while a run is under way are looked at again on demand`, async () => {
    const user = userEvent.setup();
    let isBusy = true;
    await show(LettersPage, '/?queue=inventory-dlq', (sent: Sent) => (isBusy && sent.path.split('?')[0] === path ? atWork() : undefined));
    if (name === 'rehearsed') await user.click(await screen.findByRole('button', { name: 'Rehearse 1 letter' }, WAIT));
    const said = await screen.findByText(SAID, undefined, WAIT);
    expect(within(said).getByRole('link', { name: 'See that run' }).getAttribute('href')).toBe('/admin/operations/runs/abc');
    isBusy = false;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.queryByText(SAID)).toBeNull(), WAIT);
    await screen.findAllByText(name === 'listed' ? /^ord_/ : 'would be set aside', undefined, WAIT);
  }, 180_000);
}

test('a letter that can not be uncovered while a run is under way keeps the reason, and the button', async () => {
  const user = userEvent.setup();
  let isBusy = true;
  await show(LettersPage, '/?queue=inventory-dlq', ({ path }: Sent) => (isBusy && path.endsWith('/uncover') ? atWork() : undefined));
  await user.click((await screen.findAllByRole('button', { name: /^ord_/ }, WAIT))[0] as HTMLElement);
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText('Reason'), 'customer asks');
  await user.click(within(dialog).getByRole('button', { name: 'Record and uncover' }));
  await within(dialog).findByText(SAID, undefined, WAIT);
  expect(within(dialog).getByLabelText('Reason')).toHaveProperty('value', 'customer asks');
  isBusy = false;
  await user.click(within(dialog).getByRole('button', { name: 'Record and uncover' }));
  await within(dialog).findByText(/"specversion"/, undefined, WAIT);
}, 180_000);
