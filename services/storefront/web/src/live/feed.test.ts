import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Feed } from './feed';

class Socket {
  static all: Socket[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  close = vi.fn();
  constructor() {
    Socket.all.push(this);
  }
  says(type: 'snapshot' | 'change', sold: number) {
    this.onmessage?.({ data: JSON.stringify({ type, products: [{ product_id: 'a', name: 'a', sold, returned: 0 }], at: '2026-01-01T00:00:00Z' }) });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  vi.stubGlobal('WebSocket', Socket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a feed that catches up by itself is not connected anew, one that stays behind is', () => {
  const feed = new Feed(['a'], () => undefined, () => undefined);
  Socket.all[0]?.says('snapshot', 3);
  feed.check('a', 4);
  vi.advanceTimersByTime(1_000);
  Socket.all[0]?.says('change', 4);
  vi.advanceTimersByTime(5_000);
  expect(Socket.all).toHaveLength(1);
  feed.check('a', 6);
  vi.advanceTimersByTime(2_999);
  expect(Socket.all).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(Socket.all).toHaveLength(2);
  feed.close();
});
