import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type Link, StepsFeed } from './feed';
import type { Message } from './steps';

const session = vi.hoisted(() => ({ token: vi.fn<() => Promise<string | null>>() }));
vi.mock('@/api/session', () => session);

class Socket {
  static all: Socket[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  close = vi.fn();
  constructor(readonly url: URL, readonly protocols: string[]) {
    Socket.all.push(this);
  }
  begins() {
    this.onmessage?.({ data: JSON.stringify({ type: 'begin', one_in: 1, ways: {} }) });
  }
  tells(order_id: string) {
    this.onmessage?.({ data: JSON.stringify({ type: 'steps', one_in: 1, steps: [{ order_id, event_type: 'OrderPlaced', service: 'order', shard: '0', at: '2026-01-01T00:00:00Z' }], missed: false }) });
  }
}

let heard: Message[] = [];
let links: Link[] = [];
let feed: StepsFeed;
/** Opens a feed, whose token comes in a moment. */
async function open(): Promise<void> {
  feed = new StepsFeed((message) => heard.push(message), (link) => links.push(link));
  await vi.advanceTimersByTimeAsync(0);
}
const last = () => Socket.all.at(-1);
const lookAway = (hidden: boolean) => {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
  document.dispatchEvent(new Event('visibilitychange'));
};

beforeEach(() => {
  vi.useFakeTimers();
  // The longest waits that there are.
  vi.spyOn(Math, 'random').mockReturnValue(1);
  session.token.mockResolvedValue('shown');
  Socket.all = [];
  heard = [];
  links = [];
  vi.stubGlobal('WebSocket', Socket);
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('a feed shows whose it is, and is live once the street has begun', async () => {
  await open();
  expect(String(last()?.url)).toMatch(/^ws:.*\/ops\/steps$/);
  expect(last()?.protocols).toEqual(['shotengai.steps', 'bearer.shown']);
  expect(links).toEqual([]);
  last()?.begins();
  last()?.tells('ord_a');
  expect(links).toEqual(['live']);
  expect(heard.map(({ type }) => type)).toEqual(['begin', 'steps']);
});

test('a feed that is cut connects anew after longer and longer waits, and begins anew', async () => {
  await open();
  last()?.begins();
  for (const wait of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
    const cut = last();
    const before = Socket.all.length;
    cut?.onclose?.();
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(Socket.all).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(Socket.all).toHaveLength(before + 1);
    // What the one that was cut says late is nobody's.
    cut?.tells('ord_late');
    cut?.onclose?.();
  }
  expect(links).toEqual(['live', ...Array<Link>(7).fill('lost')]);
  last()?.begins();
  last()?.tells('ord_b');
  expect(links.at(-1)).toBe('live');
  expect(heard.map((message) => (message.type === 'steps' ? message.steps[0]?.order_id : message.type))).toEqual(['begin', 'begin', 'ord_b']);
  // Once it has begun, the next wait is the shortest again.
  const count = Socket.all.length;
  last()?.onclose?.();
  await vi.advanceTimersByTimeAsync(500);
  expect(Socket.all).toHaveLength(count + 1);
});

test('a connection that opens and does not begin is given up', async () => {
  await open();
  const silent = last();
  await vi.advanceTimersByTimeAsync(11_999);
  expect(links).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(links).toEqual(['lost']);
  expect(silent?.close).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(500);
  expect(Socket.all).toHaveLength(2);
});

test('without a session nothing is opened, until there is one', async () => {
  session.token.mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(null);
  await open();
  expect(links).toEqual(['lost']);
  await vi.advanceTimersByTimeAsync(500);
  expect(links).toEqual(['lost', 'lost']);
  expect(Socket.all).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Socket.all).toHaveLength(1);
});

test('a page that nobody sees holds no connection, and has one at once when it is seen again', async () => {
  await open();
  last()?.begins();
  lookAway(true);
  expect(last()?.close).toHaveBeenCalledOnce();
  last()?.onclose?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Socket.all).toHaveLength(1);
  lookAway(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(Socket.all).toHaveLength(2);
  feed.close();
  lookAway(true);
  lookAway(false);
  last()?.onclose?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Socket.all).toHaveLength(2);
});
