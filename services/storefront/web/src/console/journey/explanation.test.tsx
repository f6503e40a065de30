import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { type Sent, show } from '../../../tests/mock/page';
import { Explanation } from './Explanation';

const WAIT = { timeout: 60_000 };
const at = '2026-11-28T12:30:00Z';
const fact = (type: string) => ({ id: type, source: 'order', type, subject: 'ord_1', version: 1, at });
const explained = (awaited: unknown[], unknown: unknown[] = []) => Response.json({ order_id: 'ord_1', at, status: 'pending', last: fact('OrderPlaced'), awaited, unknown });
const Page = () => <Explanation order="ord_1" />;
const only = (answer: () => Response) => ({ path }: Sent) => (path === '/ops/orders/ord_1/explanation' ? answer() : undefined);

test('an order that hangs says who has to act, why not, and what to do; the most certain first', async () => {
  const letter = 'shotengai dead-letters redrive billing-dlq --message-id 7 --dry-run';
  await show(Page, '/', only(() => explained([{
    of: 'billing', deed: 'authorize_payment', message: fact('OrderPlaced'), queue: 'billing-queue', place: 'dead_letters', since: at,
    causes: [
      { cause: 'dead_letter', certainty: 'certain', since: at, queue: 'billing-dlq', letter: '7', reason: 'exhausted', why: 'tried # times', command: letter },
      { cause: 'dependency_down', certainty: 'possible', since: at, service: 'billing', down: { 'billing/billing-ledger': 'no answer' }, command: 'shotengai status' },
      { cause: 'swallowed_by_a_whale', certainty: 'possible', since: at },
    ],
  }], [{ part: 'queues', why: 'no answer within 2 s' }])));
  await screen.findByRole('heading', { name: 'billing: have the payment authorized' }, WAIT);
  screen.getByText('among the dead letters');
  const causes = within(screen.getByRole('list', { name: 'Why' })).getAllByRole('listitem');
  expect(causes).toHaveLength(3);
  const [first, second, third] = causes as [HTMLElement, HTMLElement, HTMLElement];
  within(first).getByText('certain');
  within(first).getByText('It is a dead letter in billing-dlq: exhausted.');
  within(first).getByText('tried # times');
  within(first).getByRole('button', { name: `Copy ${letter}` });
  within(first).getByText(/Without --dry-run it does it/);
  expect(second.textContent).toContain('billing/billing-ledger');
  // A newer release may know more causes.
  expect(third.textContent).toContain('swallowed_by_a_whale');
  screen.getByText(/^queues could not be looked at \(no answer within 2 s\)/);
}, 120_000);

test('an order of which nothing is awaited says so, and is not asked for again', async () => {
  const { sent } = await show(Page, '/', only(() => explained([])));
  await screen.findByText(/^Nothing is awaited/, undefined, WAIT);
  await waitFor(() => expect(sent).toHaveLength(1));
}, 120_000);
