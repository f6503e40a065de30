/** Messages that no consumer can read, and what an operator did about some: so that the pages of operations have something to show. */
import type { APIRequestContext } from '@playwright/test';

import { discard, post, setAside } from '../browser/queues';

const TEXTS: [service: string, body: string][] = [['billing', 'cut off in the mid'], ['tally', '{"an": "envelope", "of": "others"}'], ['tally', '{"an": "envelope", "of": "others", "once": "more"}']];

/** Waits until each has been set aside; discards one, and answers that run's id. */
export async function setSomeAside(request: APIRequestContext, headers: Record<string, string>): Promise<string> {
  for (const [service, text] of TEXTS) await post(request, service, text);
  const letters = await setAside(request, headers, 'tally', 2);
  return discard(request, headers, 'tally', letters.slice(0, 1), 'a script of ours sent it by mistake');
}
